"""Lists: the newest first, filtered, in pages, expanded."""

import pytest
import stripe


@pytest.fixture
def five(client):
    """The ids of five intents, the newest first."""
    made = [
        client.v1.payment_intents.create({"amount": 100 * n, "currency": "cad"}).id
        for n in range(1, 6)
    ]
    return made[::-1]


def ids(page):
    return [row.id for row in page.data]


def test_pages_follow_each_other_in_both_directions(client, five):
    listing = client.v1.payment_intents.list
    first = listing({"limit": 2})
    assert (ids(first), first.has_more, first.url) == (five[:2], True, "/v1/payment_intents")
    assert ids(listing({"limit": 2, "starting_after": five[1]})) == five[2:4]
    last = listing({"limit": 2, "starting_after": five[3]})
    assert (ids(last), last.has_more) == (five[4:], False)
    back = listing({"limit": 2, "ending_before": five[4]})
    assert (ids(back), back.has_more) == (five[2:4], True)


def test_stripe_python_pages_through_all_of_them(client, five):
    page = client.v1.payment_intents.list({"limit": 2})
    assert [row.id for row in page.auto_paging_iter()] == five


def test_without_a_limit_a_page_has_ten(client, pay):
    for _ in range(11):
        client.v1.payment_intents.create({"amount": 100, "currency": "cad"})
    page = client.v1.payment_intents.list()
    assert (len(page.data), page.has_more) == (10, True)


def test_a_list_can_be_cut_by_date(client, double, five):
    created = client.v1.payment_intents.retrieve(five[3]).created
    double.backdate(five[4], 3600)
    double.backdate(five[3], 1800)
    listing = client.v1.payment_intents.list
    assert ids(listing({"created": {"gte": created - 1800}})) == five[:4]
    assert ids(listing({"created": {"gt": created - 1800}})) == five[:3]
    oldest = client.v1.payment_intents.retrieve(five[4]).created
    assert ids(listing({"created": {"lte": oldest}})) == five[4:]
    assert ids(listing({"created": oldest})) == five[4:]
    assert ids(listing({"created": {"lt": created - 4000}})) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"starting_after": "pi_nothing"},
        {"starting_after": "pi_a", "ending_before": "pi_b"},
        {"created": {"around": 1}},
        {"colour": "red"},
    ],
)
def test_a_list_that_makes_no_sense_is_refused(client, five, wrong):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list(wrong)


def test_charges_refunds_and_disputes_are_found_by_their_payment(client, double, pay):
    mine, other = pay(capture_method="automatic"), pay(capture_method="automatic")
    double.refund(mine.id, 100)
    double.refund(other.id, 200)
    double.open_dispute(other.id)
    of_mine = {"payment_intent": mine.id}
    assert [charge.id for charge in client.v1.charges.list(of_mine).data] == [mine.latest_charge]
    assert [refund.amount for refund in client.v1.refunds.list(of_mine).data] == [100]
    assert client.v1.disputes.list(of_mine).data == []
    assert len(client.v1.disputes.list({"charge": other.latest_charge}).data) == 1
    by_charge = client.v1.refunds.list({"charge": other.latest_charge}).data
    assert [refund.amount for refund in by_charge] == [200]


def test_events_are_found_by_their_kinds(client, double, pay):
    double.capture(pay().id)
    listing = client.v1.events.list
    assert [e.type for e in listing({"type": "charge.captured"}).data] == ["charge.captured"]
    assert [e.type for e in listing({"type": "charge.*"}).data] == [
        "charge.captured",
        "charge.succeeded",
    ]
    kinds = ["payment_intent.created", "payment_intent.succeeded"]
    assert [e.type for e in listing({"types": kinds}).data] == kinds[::-1]
    with pytest.raises(stripe.InvalidRequestError):
        listing({"type": "charge.captured", "types": kinds})


def test_events_without_an_endpoint_count_as_delivered(client, pay):
    pay()
    assert len(client.v1.events.list({"delivery_success": True}).data) == 3
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_objects_expand_along_a_path_also_within_a_list(client, pay):
    held = pay(expand=["latest_charge", "payment_method"])
    assert held.latest_charge.amount == 4200
    assert held.payment_method.card.last4 == "4242"
    page = client.v1.payment_intents.list({"expand": ["data.latest_charge"]})
    assert page.data[0].latest_charge.amount == 4200
    refund = client.v1.charges.retrieve(
        held.latest_charge.id, {"expand": ["payment_intent.latest_charge"]}
    )
    assert refund.payment_intent.latest_charge.id == held.latest_charge.id


def test_what_is_not_an_object_cannot_be_expanded(client, pay):
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.payment_intents.retrieve(pay().id, {"expand": ["status"]})


def test_more_than_twenty_types_of_events_are_refused(client):
    types = [f"charge.made_up_{n}" for n in range(21)]
    client.v1.events.list({"types": types[:20]})
    with pytest.raises(stripe.InvalidRequestError, match="At most 20 types"):
        client.v1.events.list({"types": types})
