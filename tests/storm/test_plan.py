"""The seed decides what buyers do and which faults happen, before anything runs."""

from itertools import islice

from checkout.pages.payment import views
from checkout.settlement import services
from tests.storm.fault_plan import PROCESS_FAULTS, STRIPE_FAULTS, Fault, faults
from tests.storm.plan import visit
from tests.storm.shopper import denies_charge


def _first(seed: int, count: int) -> list[Fault]:
    return list(islice(faults(seed, "home", PROCESS_FAULTS, gap=18), count))


def test_same_seed_draws_the_same_visits_in_any_order():
    forwards = [visit(1, number) for number in range(50)]
    assert [visit(1, number) for number in reversed(range(50))] == forwards[::-1]


def test_other_seed_draws_other_visits():
    assert [visit(1, number) for number in range(20)] != [visit(2, number) for number in range(20)]


def test_same_seed_draws_the_same_faults():
    assert _first(1, 40) == _first(1, 40)
    assert _first(1, 40) != _first(2, 40)


def test_two_thousand_visits_include_every_fault_and_twist():
    home = {each.kind for each in islice(faults(1, "home", PROCESS_FAULTS, gap=18), 110)}
    stripe = {each.kind for each in islice(faults(1, "stripe", STRIPE_FAULTS, gap=4), 500)}
    visits = [visit(1, number) for number in range(2000)]
    assert home == {kind for kind, _ in PROCESS_FAULTS}
    assert stripe == {kind for kind, _ in STRIPE_FAULTS}
    assert {each.twist for each in visits} == {
        "", "double-click", "two-tabs", "other-tab", "gives-up", "comes-back",
    }  # fmt: skip
    assert {each.leaves for each in visits} == {"", "cart", "checkout", "paying", "paid"}


def test_messages_that_deny_a_charge_are_recognized():
    denials = (
        services.PAYMENT_BUSY,
        services.PAYMENT_UNAVAILABLE,
        services.TRY_AGAIN,
        services.ORDER_EXPIRED,
        services.ORDER_CANCELLED,
    )
    assert [denies_charge(str(text)) for text in (*denials, views.NOT_PAID, views.OUTDATED)] == [
        True
    ] * 7
    unsure = (
        services.PAYMENT_UNKNOWN,
        services.PAYMENT_UNSEEN,
        services.PAYMENT_IN_PROGRESS,
        services.AT_BANK,
        services.ORDER_REFUNDED,
    )
    assert [denies_charge(str(text)) for text in unsure] == [False] * 5
