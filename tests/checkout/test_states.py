"""States move as their tables say and no other way, and the pictures in docs/ show those tables."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import models

from checkout.management.commands import draw_states
from checkout.order.models import Order
from checkout.order.states import ORDER, NotAllowed, OrderState
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.states import ATTEMPT
from checkout.state_layout import lay_out
from checkout.state_pictures import PICTURES, draw
from microflight.core.states import Machine


class Lamp(models.TextChoices):
    OFF = "off"
    ON = "on"
    BROKEN = "broken"


EVERY = pytest.mark.parametrize("name", PICTURES)


@EVERY
def test_the_picture_in_docs_is_what_the_code_draws(name: str):
    # Broken once: a move taken out of the table; the picture still had its arrow.
    drawn = Path(settings.BASE_DIR, "docs", "states", f"{name}.svg").read_text(encoding="utf-8")
    assert drawn == draw(name), "run manage.py draw_states"


@EVERY
def test_the_picture_shows_every_state_and_every_move(name: str):
    machine, picture = PICTURES[name], draw(name)
    moves = sum(len(following) for following in machine.moves.values())
    assert picture.count('class="way"') == moves + 1  # and the one from the dot
    for state in machine.states:
        assert f">{state.label}</text>" in picture
        assert f">{state.value}</text>" in picture


@EVERY
def test_no_two_boxes_of_a_picture_touch(name: str):
    layout = lay_out(PICTURES[name])
    for one, two in combinations(layout.row, 2):
        if one.column == two.column:
            assert abs(layout.row[one] - layout.row[two]) >= 0.99


def test_the_command_writes_the_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    monkeypatch.setattr(draw_states, "picture_path", lambda name: tmp_path / f"{name}.svg")
    call_command("draw_states")
    assert sorted(tmp_path.iterdir()) == sorted(tmp_path / f"{name}.svg" for name in PICTURES)
    assert capsys.readouterr().out.splitlines()[-1] == f"states: {len(PICTURES)} pictures"


@EVERY
def test_whatever_the_table_does_not_have_is_refused(name: str):
    machine = PICTURES[name]
    for old in machine.states:
        for new in machine.states:
            if new in machine.moves[old]:
                machine.check(old, new)
            else:
                with pytest.raises(NotAllowed, match=f"that is {old} cannot become {new}"):
                    machine.check(old, new)


@pytest.mark.parametrize(
    "moves",
    [
        {"off": ("on",), "on": ("off",)},
        {"off": ("on",), "on": ("off",), "broken": ()},
        {"off": ("on", "broken", "lost"), "on": (), "broken": ()},
    ],
    ids=["one is forgotten", "nothing leads to one", "one is unknown"],
)
def test_a_table_that_does_not_fit_its_states_is_no_table(moves: dict[str, tuple[str, ...]]):
    with pytest.raises(ValueError, match="The moves of a lamp do not fit its states"):
        Machine("a lamp", Lamp, Lamp.OFF, moves)


def test_states_may_lead_back_and_are_drawn_all_the_same():
    moves = {"off": ("on",), "on": ("off", "broken"), "broken": ()}
    layout = lay_out(Machine("a lamp", Lamp, Lamp.OFF, moves))
    assert {spot.name: spot.column for spot in layout.row} == {"off": 0, "on": 1, "broken": 2}


def test_an_order_refuses_a_move_and_stays_as_it_was(order: Any):
    made = order()
    with pytest.raises(NotAllowed, match="An order that is pending cannot become shipped"):
        made.move_to(OrderState.SHIPPED)
    now = Order.objects.get(pk=made.pk)
    assert (made.status, now.status, now.status_changes.count()) == ("pending", "pending", 0)


def test_an_attempt_refuses_a_move_and_stays_as_it_was(order: Any):
    attempt = order().attempts.get()
    attempt.move_to(AttemptState.CANCELLED)
    attempt.save()
    with pytest.raises(NotAllowed, match="attempt that is cancelled cannot become captured"):
        attempt.move_to(AttemptState.CAPTURED)
    assert (attempt.state, PaymentAttempt.objects.get().state) == ("cancelled", "cancelled")


def test_where_an_attempt_is_already_it_may_be_sent_again(order: Any):
    attempt = order().attempts.get()
    attempt.move_to(AttemptState.AUTHORISED)
    attempt.move_to(AttemptState.AUTHORISED)
    assert attempt.state == "authorised"


def test_what_is_over_stays_over():
    assert [state for state in OrderState if ORDER.is_end(state)] == ["shipped", "cancelled"]
    assert [state for state in AttemptState if ATTEMPT.is_end(state)] == ["cancelled"]
