"""Every number that a person enters has limits, in forms, models and the database."""

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.urls import reverse

from catalog.partner.models import StockRecord
from checkout.offers.models import Benefit, Condition
from checkout.shipping import seed as shipping_seed
from checkout.shipping.models import MethodZone
from checkout.tax import seed as tax_seed
from checkout.tax.models import TaxRate
from microflight.core.bounds import Bounds
from tests.checkout.factories import make_offer, make_product

OUR_PACKAGES = {"accounts", "catalog", "checkout", "microflight", "policies"}
NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField)
#: Counted and computed by code only, and never entered. Most count up from 0.
COUNTED = {
    "address.Country": {"display_order"},  # limited by its column, 0 to 32767
    "agreements.Announcement": {"last_id", "queued"},
    "audit.AuditRun": {"breach_count"},
    "basket.Basket": {"item_count"},
    "catalogue.Category": {"depth", "numchild"},
    "catalogue.Product": {"rating"},
    "catalogue.ProductAttributeValue": {"entity_object_id"},
    "catalogue.ProductImage": {"width", "height"},
    "compatibility.Port": {
        "pitch_mm", "min_voltage", "max_voltage", "current", "max_current", "diameter_mm",
        "channels", "mass_g", "max_mass_g",
    },
    "documents.DocumentSequence": {"last_number"},
    "external_offers.ExternalOfferClicks": {"count"},
    "imports.ImportJob": {"rows", "created", "updated", "unchanged", "done", "attempts"},
    "mail.Message": {"attempts"},
    "manuals.ManualRevision": {"number", "pages", "size", "notified_count"},
    "newsletter.Campaign": {
        "audience_until", "prepared_until", "total", "server_failures", "delivered", "bounced",
        "complained", "unsubscribed",
    },
    "newsletter.CampaignImage": {"width", "height"},
    "newsletter.Delivery": {"attempts"},
    "newsletter.Feedback": {"delivery_id", "message_id"},
    "newsletter.ImportRun": {"rows", "position", "added", "asked", "changed"},
    "newsletter.Link": {"number", "clicks_a", "clicks_b"},
    "newsletter.Subscriber": {"soft_bounces"},
    "newsletter.Topic": {"position"},
    "offer.ConditionalOffer": {"num_applications", "num_orders"},
    "order.Line": {"num_allocated", "cancelled", "uncharged", "returned"},
    "order.OrderDiscount": {"offer_id", "voucher_id", "frequency"},
    "payment.PaymentAttempt": {"waived_cents", "captured_cents", "refunded_cents", "unanswered"},
    "policies.PolicyVersion": {"number"},
    "returns.Return": {"nth"},
    "reviews.ProductReview": {"status", "total_votes", "delta_votes"},
    "returns.ReturnLine": {"restocked", "scrapped", "first_unit"},
    "returns.ReturnPhoto": {"width", "height"},
    "search_index.TypedValue": {"value"},
    "search_index.SearchTerm": {"searches", "results"},
    "search_index.SearchWord": {"documents"},
    "deadlines.DelayNotice": {"nth"},
    "withdrawal.WithdrawalLine": {"cancelled"},
    "voucher.Voucher": {"num_basket_additions", "num_orders", "total_discount"},
}  # fmt: skip


def _is_ours(model: Any) -> bool:
    if hasattr(model, "instance_type"):
        return False  # versions of django-simple-history: copies of rows that had bounds
    return model in admin.site._registry or model.__module__.split(".")[0] in OUR_PACKAGES


def _bounds(model: Any) -> list[Bounds]:
    return [each for each in model._meta.constraints if isinstance(each, Bounds)]


MODELS = [
    model for model in apps.get_models()
    if model._meta.managed and _is_ours(model) and model is not LogEntry  # Django's own table
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_number_is_bounded(model: Any):
    # Mutation: without the bounds of the price, "partner.StockRecord" lacks "price"
    numbers = {
        field.name
        for field in model._meta.local_concrete_fields
        if isinstance(field, NUMBERS) and not field.primary_key
    }
    counted = COUNTED.get(model._meta.label, set())
    assert numbers - {each.field for each in _bounds(model)} == counted & numbers
    assert counted <= numbers


BOUNDED = [model for model in MODELS if _bounds(model)]


@pytest.mark.parametrize("model", BOUNDED, ids=lambda model: model._meta.label)
def test_bounds_are_in_the_database(model: Any, db: None):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    assert {each.name for each in _bounds(model)} <= set(found)


def _rejects(row: Any, **values: Any) -> dict[str, list[str]]:
    """Return the errors of the model; the database rejects the values too, and nothing changes."""
    names = list(values)
    before = type(row).objects.filter(pk=row.pk).values(*names).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(type(row)).filter(pk=row.pk).update(**values)
    assert type(row).objects.filter(pk=row.pk).values(*names).get() == before
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(ValidationError) as error:
        row.full_clean()
    return error.value.message_dict


@pytest.mark.parametrize("price", ["-5", "-0.01", "100000"])
def test_price_out_of_bounds_is_rejected(price: str, db: None):
    record = make_product().stockrecords.get()
    limit = "less than or equal to 99999.99" if price > "0" else "greater than or equal to 0"
    assert _rejects(record, price=Decimal(price)) == {"price": [f"Ensure this value is {limit}."]}


@pytest.mark.parametrize("rate", ["-0.05", "5"])
def test_tax_rate_out_of_bounds_is_rejected(rate: str, db: None):
    tax_seed.load()
    assert set(_rejects(TaxRate.objects.earliest("pk"), rate=Decimal(rate))) == {"rate"}


def test_negative_weight_is_rejected(db: None):
    assert set(_rejects(make_product(), weight_g=Decimal("-1"))) == {"weight_g"}


def test_maximum_below_minimum_days_is_rejected(db: None):
    shipping_seed.load()
    to = MethodZone.objects.earliest("pk")
    assert _rejects(to, min_days=9, max_days=2) == {
        "__all__": ["The maximum is at least the minimum number of days."]
    }


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Benefit.PERCENTAGE, "100.01"),
        (Benefit.SHIPPING_PERCENTAGE, "250"),
        (Benefit.FIXED, "-1"),
        (Benefit.SHIPPING_FIXED_PRICE, None),  # in Oscar it breaks checkout
        (Benefit.FIXED_PRICE, None),
    ],
)
def test_benefit_out_of_bounds_is_rejected(kind: str, value: str | None, db: None):
    benefit = make_offer().benefit
    _rejects(benefit, type=kind, value=None if value is None else Decimal(value))


@pytest.mark.parametrize("value", [None, "0", "-2"])
def test_condition_without_a_positive_value_is_rejected(value: str | None, db: None):
    condition = make_offer().condition
    _rejects(condition, value=None if value is None else Decimal(value))


def test_condition_without_a_range_is_rejected(db: None):
    _rejects(make_offer().condition, range=None)  # in Oscar it breaks every cart


@pytest.mark.parametrize(
    "kind", [Benefit.PERCENTAGE, Benefit.FIXED, Benefit.FIXED_UNIT, Benefit.MULTIBUY]
)
def test_benefit_of_products_without_a_range_is_rejected(kind: str, db: None):
    benefit = make_offer().benefit
    Benefit.objects.filter(pk=benefit.pk).update(type=kind)
    benefit.refresh_from_db()
    _rejects(benefit, range=None)


def test_condition_on_half_a_product_is_rejected(db: None):
    condition = make_offer().condition
    condition.value = Decimal("1.5")
    with pytest.raises(ValidationError) as error:
        condition.full_clean()
    assert error.value.message_dict == {"value": ["Enter a whole number."]}
    condition.type = Condition.VALUE
    condition.full_clean()


@pytest.mark.parametrize(
    "limit", ["max_global_applications", "max_user_applications", "max_basket_applications"]
)
def test_limit_of_zero_uses_is_rejected(limit: str, db: None):
    """Oscar takes 0 for no limit."""
    assert set(_rejects(make_offer(), **{limit: 0})) == {limit}


def test_admin_shows_the_error_at_the_field_and_saves_nothing(staff: Client, db: None):
    product = make_product()
    record = product.stockrecords.get()
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    form = staff.get(url).context["adminform"].form
    data = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    data["shown"] = staff.get(url).context["shown"]
    for formset in staff.get(url).context["inline_admin_formsets"]:
        data |= _formset_data(formset.formset)
    prefix = f"{_stock_prefix(data)}-0"
    response = staff.post(url, data | {f"{prefix}-regular_price": "-5"})
    assert "Ensure this value is greater than or equal to 0." in response.content.decode()
    assert response.status_code == 200
    assert StockRecord.objects.get(pk=record.pk).price == Decimal("49.00")


def _formset_data(formset: Any) -> dict[str, Any]:
    """Return what the browser would send for a formset."""
    forms = [formset.management_form, *formset.forms]
    fields = [each[name] for each in forms for name in each.fields]
    return {one.html_name: one.value() for one in fields if one.value() not in (None, False)}


def _stock_prefix(data: dict[str, Any]) -> str:
    return next(name for name in data if name.endswith("-0-regular_price")).removesuffix(
        "-0-regular_price"
    )
