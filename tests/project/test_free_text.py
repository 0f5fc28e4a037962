"""Free text of the admin that code compares with something is checked where it is entered."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.users.models import User
from catalog.models import Product
from catalog.newsletter import _card
from catalog.partner.models import Partner, StockRecord
from checkout.order.carriers import tracking_url
from checkout.shipping.models import ShippingMethod
from checkout.shipping.rules import ShippingRule
from microflight.core.admin_base import EditableAdmin
from policies.models import Notice, PolicyTranslation
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.checkout.factories import make_voucher
from tests.project.admin_rows import ROWS

#: Fields that code compares with something, and what makes that safe.
COMPARED = {
    "Campaign.slug": "a URL",
    "ImportCharge.places": "countries, provinces and postal codes",
    "TaxThreshold.country": "a country of the list",
    "CampaignImage.key": "a draft that names an unknown key cannot be launched",
    "EmailAddress.email": "stored in small letters by allauth",
    "ExternalOffer.url": "an HTTPS link, which a job checks",
    "Category.slug": "a URL; pages are found by ID",
    "Manual.slug": "a URL, unique",
    "MenuEntry.link": "a page of the shop, or an https URL",
    "Page.slug": "a URL, unique",
    "Policy.required_sections": "publishing names the sections that are missing",
    "Policy.slug": "a URL; fixed once published",
    "PolicyTranslation.language": "a known language in its usual spelling",
    "HomeBlock.link": "a page of the shop, or an https URL",
    "Notice.link": "a page of the shop, or an https URL",
    "ProductAttribute.code": "unique in its type; values refer to the row",
    "ProductFacts.hs10": "10 digits that begin with the HS code",
    "ProductFacts.hs6": "6 digits",
    "Product.upc": "unique in any case",
    "Product.slug": "a URL; pages are found by ID",
    "Redirect.new_path": "a page of the shop",
    "Redirect.old_path": "unique in one spelling",
    "ShippingMethod.code": "fixed once created; kept while rules name it",
    "ShippingRule.accepted": "words of the rule's type",
    "ShippingRule.code": "unique; only shown",
    "ShippingRule.methods": "codes of methods that exist",
    "ShippingRule.places": "countries, provinces and postal codes",
    "ShippingZone.code": "unique; rate cards with an unknown one are rejected",
    "Synonym.means": "words of products; what they find is tested by `search_quality`",
    "Synonym.term": "one to three words, unique by the words that searches compare",
    "User.email": "an email address; logins compare it in any case",
    "Voucher.code": "stored and compared in capitals",
    "ZoneRegion.postcode_prefix": "compared without spaces, in capitals",
    "ZoneRegion.province": "a province of the country",
}
#: Fields that people read.
SHOWN = {
    "CompatibilityEntry.reason", "DelayRule.name", "DelayRule.source", "ExchangeRate.source",
    "ImportCharge.currency", "ImportCharge.name", "ImportCharge.source", "TaxThreshold.source",
    "WithdrawalRule.name", "WithdrawalRule.source",
    "AttributeOption.option", "AttributeOptionGroup.name", "AwayPeriod.mailbox", "AwayPeriod.text",
    "BatteryMark.source", "Campaign.preheader", "Campaign.reply_to", "Campaign.sender_name",
    "Campaign.source", "Campaign.subject", "Campaign.subject_b", "Campaign.title",
    "CampaignImage.alt", "Carton.name", "Category.description", "Category.meta_description",
    "Category.meta_title", "Category.name", "ConditionalOffer.description",
    "ConditionalOffer.name", "CustomsFormLimit.source", "ExternalOffer.seller",
    "Country.printable_name", "FuelSurcharge.source", "Group.name",
    "Manual.title", "ManualRevision.body", "ManualRevision.summary",
    "NonWorkingDay.name", "NonWorkingDay.source", "Notice.text", "Partner.name", "Policy.title",
    "PolicyTranslation.body", "PolicyVersion.source", "PolicyVersion.summary",
    "EmailTemplate.subject", "EmailTemplate.text", "HomeBlock.link_text", "HomeBlock.text",
    "HomeBlock.title", "MenuEntry.label", "Page.description", "Page.text", "Page.title",
    "Promotion.description",
    "Promotion.name", "PolicyTranslation.title", "Product.description",
    "ProductReview.decline_reason", "Question.answer", "Question.text",
    "Product.meta_description", "Product.meta_title", "Product.title", "ProductAttribute.name",
    "ProductFacts.cusma_evidence", "ProductFacts.customs_description",
    "ProductFacts.manufacturer", "ProductFacts.safety_contact",
    "ProductClass.name", "ProductImage.caption", "Range.description", "Range.name",
    "ShippingMethod.name", "ShippingRule.reason", "ShippingRule.source", "ShippingZone.name",
    "StockRecord.location", "TaxExemption.certificate", "TaxOnShipping.source", "TaxRate.source",
    "TaxRegistration.number", "TaxRegistration.source", "User.first_name", "User.last_name",
    "User.password1", "User.password2", "Voucher.name",
}  # fmt: skip


def _free_text(request: Any, model_admin: Any, obj: Any) -> set[str]:
    """Return the text fields of an admin's form and inlines."""
    pages = [(model_admin.model, model_admin.get_form(request, obj))]
    for formset, inline in model_admin.get_formsets_with_inlines(request, obj):
        pages.append((inline.model, formset.form))
    return {
        f"{model.__name__}.{name}"
        for model, form in pages
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField)
        and name in {each.name for each in model._meta.fields} | {"password1", "password2"}
    }


def test_every_free_text_field_is_shown_only_or_checked(
    rf: RequestFactory, charlie: User, db: None
) -> None:
    User.objects.filter(pk=charlie.pk).update(is_superuser=True)
    request = rf.get("/")
    request.user = User.objects.get(pk=charlie.pk)
    found: set[str] = set()
    for model, model_admin in admin.site._registry.items():
        if isinstance(model_admin, EditableAdmin):
            make = ROWS.get(model._meta.label)
            with transaction.atomic():
                if model is not Product:  # its form needs a product type
                    found |= _free_text(request, model_admin, None)
                if make:
                    found |= _free_text(request, model_admin, make(1))
                transaction.set_rollback(True)
    assert found - COMPARED.keys() - SHOWN == set()
    assert (COMPARED.keys() | SHOWN) - found == set()


def test_sku_is_unique_in_any_case(db: None) -> None:
    # Mutation: unique in one case: "rx-4" entered in a stock form finds both
    one = factories.product("Receiver", sku="RX-4")
    Product.objects.filter(pk=one.pk).update(upc="RX-4")
    other = Product(title="Other", upc="rx-4", product_class=one.product_class)
    with pytest.raises(ValidationError, match="Another product has this SKU"):
        other.full_clean(exclude=["slug"])
    partner = Partner.objects.get(pk=one.stockrecords.get().partner_id)
    second = factories.product("Other", sku="RX-5")
    record = second.stockrecords.get()
    record.partner, record.partner_sku = partner, "rx-4"
    with pytest.raises(ValidationError, match="Another product of this supplier has this SKU"):
        record.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        StockRecord.objects.filter(pk=record.pk).update(partner_sku="rx-4")
    card = _card("rx-4")
    assert card is not None
    assert card.title == "Receiver"


@pytest.mark.parametrize("carrier", ["Canada Post", "canada  post", "CanadaPost", "Canada-Post"])
def test_carrier_is_recognized_as_people_write_it(carrier: str) -> None:
    # Mutation: `.strip().lower()` only
    assert tracking_url(carrier, "CP1") == (
        "https://www.canadapost-postescanada.ca/track-reperage/en#/details/CP1"
    )
    assert tracking_url("Canada Poste Express", "CP1") == ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("fr", "fr"), ("FR", "fr"), ("fr_ca", "fr-CA"), ("zh-hans", "zh-Hans")],
)
def test_language_is_stored_in_its_usual_spelling(staff: Client, typed: str, stored: str) -> None:
    # Mutation: without clean_language: "FR" is rejected, and fr-ca a second translation of fr-CA
    version = ROWS["agreements.Announcement"](1).version
    data = {"version": version.pk, "language": typed, "title": "Livraison", "body": "Le lundi."}
    staff.post(reverse("admin:policies_policytranslation_add"), data)
    assert PolicyTranslation.objects.get().language == stored


@pytest.mark.parametrize("typed", ["en", "EN-ca", "xx", "quebec"])
def test_unknown_language_and_english_are_rejected(staff: Client, typed: str) -> None:
    version = ROWS["agreements.Announcement"](1).version
    data = {"version": version.pk, "language": typed, "title": "Livraison", "body": "Le lundi."}
    page = staff.post(reverse("admin:policies_policytranslation_add"), data).content.decode()
    assert "Enter a language code such as fr or fr-CA." in page
    assert not PolicyTranslation.objects.exists()


@pytest.mark.parametrize(
    ("link", "is_valid"),
    [
        ("", True),
        ("/policies/", True),
        ("/search/?q=rod#top", True),
        ("https://example.com/x", True),
        ("policies/", False),
        ("/nowhere/at/all/", False),
        ("javascript:alert(1)", False),
        ("http://example.com", False),
        ("https://", False),
    ],
)
def test_link_of_a_notice_leads_somewhere(staff: Client, link: str, is_valid: bool) -> None:
    # Mutation: without clean_link: "policies/" is a broken link on every page
    start = {"starts_at_0": "2026-11-30", "starts_at_1": "09:00"}
    staff.post(reverse("admin:policies_notice_add"), {"text": "Closed", "link": link, **start})
    assert Notice.objects.count() == is_valid


def test_code_of_a_shipping_method_stays_while_it_is_named(staff: Client) -> None:
    # Mutation: without reasons_to_keep() and get_readonly_fields(): the rule applies to nothing
    method = ROWS["shipping.ShippingMethod"](1)
    rule = ROWS["shipping.ShippingRule"](1)
    ShippingRule.objects.filter(pk=rule.pk).update(methods=f"other {method.code}")
    url = reverse("admin:shipping_shippingmethod_change", args=[method.pk])
    form = open_form(staff, url)
    assert "code" not in form
    staff.post(url, {**form, "code": "other", "name": "Slow"})
    saved = ShippingMethod.objects.get(pk=method.pk)
    assert (saved.code, saved.name) == (method.code, "Slow")
    delete = reverse("admin:shipping_shippingmethod_delete", args=[method.pk])
    assert f"shipping rules: {rule}" in staff.post(delete, {"post": "yes"}).content.decode()
    assert ShippingMethod.objects.filter(pk=method.pk).exists()


def test_discount_code_is_stored_in_capitals_and_unique(staff: Client) -> None:
    voucher = make_voucher("SPRING")
    url = reverse("admin:voucher_voucher_change", args=[make_voucher("FALL").pk])
    page = staff.post(url, {**open_form(staff, url), "code": "spring"}).content.decode()
    assert "Voucher with this Code already exists." in page
    assert set(type(voucher).objects.values_list("code", flat=True)) == {"SPRING", "FALL"}
