"""A material change is told to everybody concerned, once; an editorial one to nobody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.agreements import reviews, telling
from accounts.agreements.models import Announcement
from accounts.agreements.sources import SOURCES, Source
from accounts.mail.models import Message
from accounts.mail.services import deliver
from accounts.users.models import User
from policies.models import ChangeType, Policy, PolicyVersion
from policies.workflow import adopt
from tests.accounts.agreements.conftest import people
from tests.accounts.conftest import Postbox

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def change(
    policy: Policy, *, kind: ChangeType = ChangeType.MATERIAL, days: int = 0
) -> PolicyVersion:
    """Publish a new text that takes effect in so many days."""
    day = timezone.localdate() + days * DAY if days else None
    return adopt(
        policy, "New.", summary="Returns within 60 days.", change_type=kind, effective_on=day
    )


def addresses() -> list[str]:
    """Who is written to of a change, in the order of the rows."""
    letters = Message.objects.filter(kind="policy-changed").order_by("pk")
    return list(letters.values_list("recipient", flat=True))


def in_force() -> time_machine.travel:
    """A moment at which everybody who came before counts as settled."""
    return time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False)


# Broken once: with closed accounts on the list, five letters were written.
@pytest.mark.promise("told-of-changes")
def test_a_material_change_is_written_to_each_open_account_with_a_proved_address_once(
    terms: Policy, three: list[User]
) -> None:
    closed, unproved, _ = people(3, start=10)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    EmailAddress.objects.filter(user=unproved).delete()
    change(terms, days=30)
    assert telling.tell() == 4
    assert telling.tell() == 0
    assert addresses() == [*(user.email for user in three), "person-12@example.com"]
    row = Announcement.objects.get()
    assert (row.source, row.told, row.finished_at) == ("accounts", 4, None)


# Broken once: with a first text announced, three letters were written.
@pytest.mark.promise("told-of-changes")
def test_an_editorial_change_and_a_first_text_are_told_to_nobody(
    terms: Policy, three: list[User]
) -> None:
    change(terms, kind=ChangeType.EDITORIAL)
    change(Policy.objects.create(slug="returns", title="Returns"))
    assert telling.tell() == 0
    assert addresses() == []
    assert not Announcement.objects.exists()


# Broken once: with the row closed at the end of the list, the late account got none.
def test_whoever_comes_while_the_old_text_holds_is_told_and_whoever_comes_later_is_not(
    terms: Policy, three: list[User]
) -> None:
    version = change(terms, days=30)
    assert telling.tell() == 3
    assert version.effective_from is not None
    with time_machine.travel(version.effective_from - DAY, tick=False):
        (late,) = people(1, start=20)
    with time_machine.travel(version.effective_from + DAY, tick=False):
        people(1, start=21)
        assert telling.tell() == 1
        assert Announcement.objects.get().finished_at == timezone.now()
        assert telling.tell() == 0
    assert addresses()[3:] == [late.email]


# Broken once: without the listener for proved addresses, person-0 got no letter.
@pytest.mark.promise("told-of-changes")
@pytest.mark.parametrize("days", [30, 0])
def test_whose_address_is_proved_after_their_batch_is_told_then_and_once(
    days: int, terms: Policy, three: list[User]
) -> None:
    late = EmailAddress.objects.get(user=three[0])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    change(terms, days=days)
    with in_force():
        assert telling.tell() == 2
        assert (Announcement.objects.get().finished_at is None) == (days == 30)
        late.refresh_from_db()
        late.set_verified()
        late.save()
        telling.tell()
    assert addresses() == [three[1].email, three[2].email, three[0].email]
    assert Announcement.objects.get().told == 3


# Broken once: with batches still to come not waited for, the account was written to at once.
def test_whose_address_is_proved_before_their_batch_waits_for_it(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = EmailAddress.objects.get(user=three[2])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    change(terms, days=30)
    assert telling.tell() == 2
    newer = people(1, start=5)[0]
    newer.emailaddress_set.get().save()
    assert addresses() == [three[0].email, three[1].email]
    assert telling.tell() == 1
    assert addresses()[2:] == [newer.email]


# Broken once: with the oldest change of a policy taken, the letter was about the one before.
def test_a_latecomer_hears_of_the_newest_change_of_each_policy_and_of_none_before_their_time(
    terms: Policy, three: list[User]
) -> None:
    late = EmailAddress.objects.get(user=three[0])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    User.objects.filter(pk=three[0].pk).update(date_joined=timezone.now() - timedelta(minutes=90))
    returns = Policy.objects.create(slug="returns", title="Returns")
    with time_machine.travel(timezone.now() - timedelta(hours=3), tick=False):
        adopt(returns, "Old.")
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        change(returns)
    change(terms)
    newest = change(terms)
    with in_force():
        telling.tell()
        late.refresh_from_db()
        late.set_verified()
    found = Message.objects.filter(recipient=three[0].email)
    assert [letter.subject_id for letter in found] == [f"policy-version:{newest.pk}"]


# Broken once: without a look at who was told, the new address got a second letter.
def test_a_new_address_of_somebody_who_was_told_brings_no_second_letter(
    terms: Policy, three: list[User]
) -> None:
    change(terms, days=30)
    telling.tell()
    old = addresses()
    new = three[0].emailaddress_set.create(email="new@example.com")
    new.set_verified(commit=False)
    new.set_as_primary()
    three[0].refresh_from_db()
    assert three[0].email == "new@example.com"
    new.save()
    assert addresses() == old


# Broken once: without the stop before a newcomer, two were told past the one in the middle.
def test_an_account_that_may_not_be_committed_yet_is_waited_for_and_not_stepped_over(
    terms: Policy, three: list[User]
) -> None:
    change(terms, days=30)
    User.objects.filter(pk=three[1].pk).update(date_joined=timezone.now())
    assert telling.tell() == 1
    with in_force():
        assert telling.tell() == 2
    assert addresses() == [user.email for user in three]


# Broken once: without its own transaction, the failure broke the one around it.
def test_a_batch_that_fails_leaves_neither_letters_nor_a_mark(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(terms, days=30)
    monkeypatch.setattr(telling, "BATCH", 2)
    with pytest.raises(RuntimeError), CutAfter("INSERT", 1):
        telling.tell()
    assert addresses() == [user.email for user in three[:2]]
    assert Announcement.objects.get().told == 2
    assert telling.tell() == 1
    assert addresses() == [user.email for user in three]


class CutAfter:
    """Lets so many statements that begin with a word through, and fails at the next."""

    def __init__(self, word: str, count: int) -> None:
        self.word, self.left = word, count
        self.wrapper = connection.execute_wrapper(self.statement)

    def statement(self, execute: Callable, sql: str, *rest: object) -> object:
        if sql.startswith(self.word):
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("cut")
        return execute(sql, *rest)

    def __enter__(self) -> None:
        self.wrapper.__enter__()

    def __exit__(self, *problem: object) -> None:
        self.wrapper.__exit__(*problem)  # type: ignore[arg-type]


# Broken once: with the list in a letter's cause, one address got two letters.
def test_an_address_on_two_lists_gets_one_letter(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Source("readers", lambda version: User.objects.filter(pk=three[0].pk), lambda pk: "")
    monkeypatch.setitem(SOURCES, "readers", both)
    change(terms, days=30)
    telling.tell()
    assert addresses() == [user.email for user in three]
    told = Announcement.objects.order_by("source").values_list("source", "told")
    assert list(told) == [("accounts", 3), ("readers", 1)]


# Broken once: with the policy's address in it, the version's was missing.
def test_the_letter_says_what_changes_from_when_and_where_to_read_it(
    terms: Policy, three: list[User], postbox: Postbox
) -> None:
    with time_machine.travel("2026-05-01 18:00:00+00:00", tick=False):
        User.objects.update(date_joined=timezone.now() - DAY)
        change(terms, days=31)
        telling.tell()
        deliver(Message.objects.earliest("pk").pk)
    letter = postbox.letters[0]
    part = letter.get_body(("plain",))
    assert part is not None
    text = " ".join(str(part.get_content()).split())
    assert (letter["To"], letter["Subject"]) == (three[0].email, "Terms of Sale will change")
    assert "takes effect on June 1, 2026" in text
    assert "Returns within 60 days." in text
    assert "/policies/terms/v2/" in text
    assert "we will ask you to accept the new version" in text


# Broken once: with closed accounts greeted, the letter went out.
def test_an_account_closed_meanwhile_gets_no_letter(
    terms: Policy, three: list[User], postbox: Postbox
) -> None:
    change(terms, days=30)
    telling.tell()
    User.objects.filter(pk=three[0].pk).update(is_active=False)
    row = Message.objects.earliest("pk")
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("failed", "The person is no longer on this list.")
    assert postbox.letters == []


def _statements_of_batches(terms: Policy, count: int) -> list[int]:
    """How many statements each batch of a list takes, the last look included."""
    people(count)
    (row,) = telling.announce(change(terms, days=30))
    found, told = [], -1
    while told:
        with CaptureQueriesContext(connection) as asked:
            told = telling.tell_batch(row.pk, came_before=timezone.now() - timedelta(seconds=60))
        found.append(len([q for q in asked if "SAVEPOINT" not in str(q["sql"])]))
    return found


# Broken once: with a statement for each letter, a batch took more than 5.
def test_each_batch_takes_the_same_few_statements_however_long_the_list(
    terms: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "BATCH", 50)  # SQLite writes 90 rows at most in one statement
    assert _statements_of_batches(terms, 200) == [5, 5, 5, 5, 3]


# Broken once: with those before the mark counted too, more than one was left.
def test_staff_see_how_far_it_has_come(staff: Client, terms: Policy, three: list[User]) -> None:
    User.objects.filter(is_staff=True).update(date_joined=timezone.now() - DAY)
    change(terms, days=30)
    telling.tell()
    people(1, start=30)
    row = Announcement.objects.get()
    page = staff.get(f"/admin/agreements/announcement/{row.pk}/change/").content.decode()
    assert "4 written, 1 person left" in page
    assert "4 Queued, 0 Sending, 0 Sent, 0 Failed" in page
    assert "newcomers are told too" in page
    assert staff.get("/admin/agreements/announcement/").status_code == 200


# Broken once: with days in place of weeks, a second letter was there on the sixth day.
def test_staff_are_reminded_of_an_overdue_review_at_once_and_then_weekly(terms: Policy) -> None:
    today = timezone.localdate()
    Policy.objects.update(next_review_on=today)
    assert reviews.remind() == 0
    Policy.objects.update(next_review_on=today - DAY)
    for _ in range(2):
        assert reviews.remind() == 1
    assert Message.objects.filter(kind="policy-review").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        reviews.remind()
    assert Message.objects.filter(kind="policy-review").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
        reviews.remind()
    assert Message.objects.filter(kind="policy-review").count() == 2
