"""Parameters that a call does not accept: 400, and nothing happens."""

import pytest
import stripe

INTENT = {"amount": 4200, "currency": "cad"}
SHIPPING = {"name": "Alice", "address": {"line1": "1 Main St"}}
EMPTY, MISSING, UNKNOWN = "parameter_invalid_empty", "parameter_missing", "parameter_unknown"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        (
            {"payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"colour": "red"}, UNKNOWN, "colour"),
        ({"client_secret": "x"}, UNKNOWN, "client_secret"),
        ({"payment_method_data": {"type": "card"}}, UNKNOWN, "payment_method_data"),
        ({"shipping": SHIPPING | {"zip": "S7K"}}, UNKNOWN, "shipping[zip]"),
        (
            {"shipping": {"name": "Alice", "address": {"zip": "S7K"}}},
            UNKNOWN,
            "shipping[address][zip]",
        ),
        ({"shipping": {"name": "Alice"}}, MISSING, "shipping[address]"),
        ({"shipping": SHIPPING | {"name": ""}}, MISSING, "shipping[name]"),
        (
            {"automatic_payment_methods": {"allow_redirects": "never"}},
            MISSING,
            "automatic_payment_methods[enabled]",
        ),
        ({"shipping": ""}, EMPTY, "shipping"),
        ({"metadata": ""}, EMPTY, "metadata"),
        ({"capture_method": ""}, EMPTY, "capture_method"),
        ({"confirm": ""}, EMPTY, "confirm"),
        ({"allowed_payment_method_types": ""}, EMPTY, "allowed_payment_method_types"),
        ({"shipping": "Saskatoon"}, None, "shipping"),
        (
            {"shipping": {"name": "Alice", "address": {"line2": ""}}},
            EMPTY,
            "shipping[address][line2]",
        ),
        ({"description": {"a": "b"}}, None, "description"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"confirm": "yes"}, None, "confirm"),
        ({"allowed_payment_method_types": "card"}, None, "allowed_payment_method_types"),
        (
            {"payment_method_options": {"card": {"request_three_d_secure": "never"}}},
            None,
            "payment_method_options[card][request_three_d_secure]",
        ),
    ],
)
def test_parameter_that_create_does_not_accept_makes_no_intent(client, double, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.payment_intents.create(INTENT | params)
    assert (error.value.http_status, error.value.code, error.value.param) == (400, code, param)
    assert double.intents() == []


def test_nested_accepted_parameters_arrive(client):
    address = {"line1": "1 Main St", "city": "Saskatoon", "country": "CA", "postal_code": "S7K 1A1"}
    options = {"card": {"request_three_d_secure": "any"}}
    intent = client.v1.payment_intents.create(
        INTENT
        | {"shipping": {"name": "Alice", "address": address}, "payment_method_options": options}
    )
    assert intent.shipping.address.city == "Saskatoon"
    assert intent.payment_method_options.card.request_three_d_secure == "any"


def test_tables_that_stripe_lets_a_call_unset_are_unset(client, double):
    made = client.v1.payment_intents.create(
        INTENT | {"shipping": SHIPPING, "metadata": {"order": "1"}}
    )
    client.v1.payment_intents.update(made.id, {"shipping": "", "metadata": ""})
    (intent,) = double.intents()
    assert (intent["shipping"], intent["metadata"]) == (None, {})


@pytest.mark.parametrize("created", [{"after": 1}, {"gte": {"x": "1"}}])
def test_list_rejects_a_filter_that_does_not_exist(client, created):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list({"created": created})


def test_old_name_is_rejected_by_update_and_confirm_too(client, double):
    intent = client.v1.payment_intents.create(INTENT)
    before = double.intents()
    old = {"payment_method_types": ["card"]}
    for call in (client.v1.payment_intents.update, client.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as error:
            call(intent.id, old)
        assert error.value.code == "payment_method_types_no_longer_supported"
    assert double.intents() == before
