"""A seed says what every buyer does and which trouble comes when, before anything runs."""

from itertools import islice

from checkout.pages.payment import views
from checkout.settlement import services
from tests.storm.plan import visit
from tests.storm.shopper import denies_charge
from tests.storm.trouble import AT_HOME, AT_STRIPE, Trouble, troubles


def _first(seed: int, count: int) -> list[Trouble]:
    return list(islice(troubles(seed, "home", AT_HOME, gap=18), count))


def test_a_seed_draws_the_same_scripts_again_whichever_is_asked_for_first():
    forwards = [visit(1, number) for number in range(50)]
    assert [visit(1, number) for number in reversed(range(50))] == forwards[::-1]


def test_another_seed_draws_other_scripts():
    assert [visit(1, number) for number in range(20)] != [visit(2, number) for number in range(20)]


def test_a_seed_draws_the_same_kills_at_the_same_visits_again():
    assert _first(1, 40) == _first(1, 40)
    assert _first(1, 40) != _first(2, 40)


def test_every_kind_of_trouble_and_every_twist_comes_in_two_thousand_visits():
    home = {each.kind for each in islice(troubles(1, "home", AT_HOME, gap=18), 110)}
    stripe = {each.kind for each in islice(troubles(1, "stripe", AT_STRIPE, gap=4), 500)}
    visits = [visit(1, number) for number in range(2000)]
    assert home == {kind for kind, _ in AT_HOME}
    assert stripe == {kind for kind, _ in AT_STRIPE}
    assert {each.twist for each in visits} == {
        "", "double-click", "two-tabs", "other-tab", "gives-up", "comes-back",
    }  # fmt: skip
    assert {each.leaves for each in visits} == {"", "cart", "checkout", "paying", "paid"}


def test_the_shops_own_words_are_heard_as_a_promise_that_nothing_was_charged():
    denials = (services.NOT_ASKED, services.STILL_YOURS, services.LAPSED, services.GIVEN_UP)
    assert [denies_charge(str(text)) for text in (*denials, views.NOT_PAID, views.OUTDATED)] == [
        True
    ] * 6
    unsure = (services.NOT_KNOWN, services.NOT_SEEN, services.BUSY, services.AT_BANK)
    assert [denies_charge(text) for text in (*unsure, services.GIVEN_BACK)] == [False] * 5
