"""Two people edit one record in the admin: no change is lost, and none is overwritten unseen."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core import signing
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.users.models import User
from catalog import read_model
from catalog.models import Category, Product, ProductImage
from catalog.partner.models import StockRecord
from checkout.shipping.models import MethodZone, ShippingMethod, ShippingZone
from microflight.core.admin_base import EditableAdmin
from policies.models import Notice, PolicyTranslation
from tests.admin_forms import fields_of, open_form
from tests.catalog import factories
from tests.concurrency import run_concurrently
from tests.project.admin_rows import ROWS

#: A text field of each model that has an edit page, and another one.
EDITED = {
    "catalogue.Product": ("title", "upc"),
    "catalogue.Category": ("name", "meta_title"),
    "catalogue.ProductClass": ("name", None),
    "catalogue.AttributeOptionGroup": ("name", None),
    "partner.Partner": ("name", None),
    "offer.ConditionalOffer": ("name", "priority"),
    "promotions.Promotion": ("name", "priority"),
    "offer.Range": ("name", "description"),
    "offer.Condition": ("value", None),
    "offer.Benefit": ("value", "max_affected_items"),
    "voucher.Voucher": ("name", "code"),
    "shipping.ShippingZone": ("name", "code"),
    "shipping.ShippingMethod": ("name", "position"),
    "shipping.ShippingRate": ("price", "up_to_g"),
    "shipping.FuelSurcharge": ("percentage", None),
    "shipping.Carton": ("height_mm", "own_weight_g"),
    "tax.TaxRate": ("rate", None),
    "policies.Policy": ("title", "position"),
    "policies.Notice": ("text", None),
    "mail.EmailTemplate": ("subject", None),
    "home_blocks.HomeBlock": ("title", "text"),
    "content.Page": ("title", "text"),
    "content.MenuEntry": ("label", None),
    "users.User": ("first_name", "last_name"),
    "auth.Group": ("name", None),
}


def two_values(label: str) -> tuple[str, str]:
    """Return two values that the field accepts."""
    return ("0.07", "0.08") if label == "tax.TaxRate" else ("7", "8")


@pytest.fixture
def bob_staff(bob: User) -> Client:
    """A second browser, in which Bob is logged in as staff."""
    bob.is_staff = bob.is_superuser = True
    bob.save()
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def method(db: None) -> ShippingMethod:
    """A shipping method to two zones, which takes up to 2 and up to 9 days."""
    made = ROWS["shipping.ShippingMethod"](1)
    made.zones.get().rates.all().delete()
    north = ShippingZone.objects.create(code="north", name="North")
    MethodZone.objects.create(method=made, zone=north, min_days=1, max_days=9)
    return made


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def values(row: Any) -> dict[str, Any]:
    return type(row)._base_manager.filter(pk=row.pk).values().get()


def product(**fields: Any) -> Product:
    """Return a product in a category, as the form requires."""
    into = fields.pop("into", None) or factories.category("Toys")
    return factories.product("Butterfly", sku="MF-B", into=into, **fields)


def row_of(label: str) -> Any:
    """Return a row that its own form accepts."""
    row = ROWS[label](1)
    if label == "voucher.Voucher":
        offer = ROWS["offer.ConditionalOffer"](1)
        offer.offer_type = "Voucher"
        offer.save()
        row.offers.add(offer)
        type(row).objects.update(end_datetime=timezone.now() + timedelta(days=9))
    return row


def errors(html: str) -> str:
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', html, re.DOTALL))


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda m: m._meta.label)
def test_every_form_of_the_admin_is_protected(
    model: type, rf: RequestFactory, charlie: User
) -> None:
    model_admin = admin.site._registry[model]
    request = rf.get("/")
    request.user = charlie
    can_edit = model_admin.has_change_permission(request)
    assert can_edit == isinstance(model_admin, EditableAdmin)
    assert not model_admin.list_editable  # a list compares nothing


# Mutation: with Django's own `_clean_form`, Bob's save restored the old value.
@pytest.mark.parametrize("label", EDITED)
def test_change_of_another_field_survives(label: str, staff: Client, bob_staff: Client) -> None:
    row, (field, _other) = row_of(label), EDITED[label]
    url = change_url(row)
    alice_form, bob_form = open_form(staff, url), open_form(bob_staff, url)
    assert staff.post(url, {**alice_form, field: two_values(label)[0]}).status_code == 302
    saved = str(values(row)[field])
    assert saved.startswith(two_values(label)[0])
    assert bob_staff.post(url, bob_form).status_code == 302
    assert str(values(row)[field]) == saved


# Mutation: with `_compare` returning before the error, Bob's value replaced the other one.
@pytest.mark.parametrize("label", EDITED)
def test_field_that_both_changed_is_rejected(label: str, staff: Client, bob_staff: Client) -> None:
    row, (field, other) = row_of(label), EDITED[label]
    url = change_url(row)
    alice_form, bob_form = open_form(staff, url), open_form(bob_staff, url)
    theirs, yours = two_values(label)
    staff.post(url, {**alice_form, field: theirs})
    before = values(row)
    typed = {**bob_form, field: yours, **({other: "9"} if other else {})}
    page = bob_staff.post(url, typed).content.decode()
    assert values(row) == before
    assert "charlie@example.com (" in errors(page)
    assert re.search(rf"changed this to “{theirs}[.0]*” after you opened the page", errors(page))
    assert re.search(rf"you entered “{yours}[.0]*”. Save again", errors(page))
    again = fields_of(page)
    assert again[field] == [yours]
    assert bob_staff.post(url, again).status_code == 302
    assert str(values(row)[field]).startswith(yours)
    if other:
        assert str(values(row)[other]).startswith("9")


def test_same_value_from_both_is_saved(staff: Client, bob_staff: Client, db: None) -> None:
    butterfly = product()
    url = change_url(butterfly)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "title": "Monarch"})
    assert bob_staff.post(url, {**second, "title": "Monarch"}).status_code == 302


def test_price_of_the_first_survives_the_title_of_the_second(
    staff: Client, bob_staff: Client, db: None
) -> None:
    butterfly = product()
    url = change_url(butterfly)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "stockrecords-0-regular_price": "12.00"})
    bob_staff.post(url, {**second, "title": "Monarch"})
    butterfly.refresh_from_db()
    record = StockRecord.objects.get()
    assert (butterfly.title, str(record.price)) == ("Monarch", "12.00")
    page = bob_staff.post(url, {**second, "stockrecords-0-regular_price": "11.00"}).content.decode()
    assert "changed this to “12.00”" in errors(page)
    assert "you entered “11.00”" in errors(page)


def test_unchanged_form_writes_nothing(staff: Client, db: None) -> None:
    butterfly = product(values={"Span": "180"})
    read_model.refresh([butterfly])
    url = change_url(butterfly)
    form = open_form(staff, url)
    before = (values(butterfly), values(butterfly.stockrecords.get()))
    assert staff.post(url, form).status_code == 302
    after = (values(butterfly), values(butterfly.stockrecords.get()))
    assert after == before


def test_row_that_another_person_deleted_stays_deleted(
    staff: Client, bob_staff: Client, method: ShippingMethod
) -> None:
    url = change_url(method)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "zones-0-DELETE": "on"})
    assert MethodZone.objects.get().max_days == 9
    assert bob_staff.post(url, {**second, "name": "Slow"}).status_code == 302
    assert ShippingMethod.objects.get().name == "Slow"
    assert MethodZone.objects.get().max_days == 9


def test_edited_row_that_another_person_deleted_can_be_added_again(
    staff: Client, bob_staff: Client, method: ShippingMethod
) -> None:
    url = change_url(method)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "zones-0-DELETE": "on"})
    page = bob_staff.post(url, {**second, "zones-0-max_days": "7"}).content.decode()
    assert "This row was deleted after you opened the page. Save again to add it." in page
    assert [each.max_days for each in method.zones.all()] == [9]
    assert bob_staff.post(url, fields_of(page)).status_code == 302
    assert sorted(each.max_days for each in method.zones.all()) == [7, 9]


def test_row_that_another_person_changed_is_not_deleted_unseen(
    staff: Client, bob_staff: Client, method: ShippingMethod
) -> None:
    url = change_url(method)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "zones-0-max_days": "7"})
    page = bob_staff.post(url, {**second, "zones-0-DELETE": "on"}).content.decode()
    assert "changed this row after you opened the page (Maximum business days: 7)" in page
    assert method.zones.get(zone__code="z1").max_days == 7
    again = {**fields_of(page), "zones-0-DELETE": "on"}
    assert bob_staff.post(url, again).status_code == 302
    assert MethodZone.objects.get().max_days == 9


def test_categories_of_two_people_conflict_with_both_lists(
    staff: Client, bob_staff: Client, db: None
) -> None:
    gear = factories.category("Gear")
    motors, rods = factories.category("Motors", gear), factories.category("Rods", gear)
    butterfly = product(into=motors)
    url = change_url(butterfly)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "categories": [motors.pk, rods.pk]})
    page = bob_staff.post(url, {**second, "categories": [gear.pk]}).content.decode()
    assert "Motors, " in errors(page)
    assert set(butterfly.categories.all()) == {motors, rods}


def test_position_of_a_category_conflicts(staff: Client, bob_staff: Client, db: None) -> None:
    gear, kits, rods = (factories.category(name) for name in ("Gear", "Kits", "Rods"))
    url = change_url(rods)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "parent": gear.pk, "after": ""})
    page = bob_staff.post(url, {**second, "parent": kits.pk, "after": ""}).content.decode()
    assert "changed this to “Gear”" in errors(page)
    assert Category.objects.get(pk=rods.pk).get_parent() == gear


def test_deleted_record_shows_what_was_typed(staff: Client, bob_staff: Client, db: None) -> None:
    notice = ROWS["policies.Notice"](1)
    form = open_form(bob_staff, change_url(notice))
    staff.post(reverse("admin:policies_notice_delete", args=[notice.pk]), {"post": "yes"})
    response = bob_staff.post(change_url(notice), {**form, "text": "Closed <until> May"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "charlie@example.com (" in page
    assert ") deleted this record after you opened the page. Nothing was saved." in page
    assert escape("Closed <until> May") in page
    assert not Notice.objects.exists()


def test_published_record_shows_what_was_typed(
    staff: Client, bob_staff: Client, charlie: User, db: None
) -> None:
    version = ROWS["agreements.Announcement"](1).version
    row = PolicyTranslation.objects.create(
        version=version, language="fr", title="Livraison", body="x", translator=charlie
    )
    form = open_form(bob_staff, change_url(row))
    staff.post(reverse("admin:policies_policytranslation_action", args=[row.pk, "publish"]))
    before = values(row)
    response = bob_staff.post(change_url(row), {**form, "body": "Le lundi."})
    assert "This record can’t be edited any more." in response.content.decode()
    assert "Le lundi." in response.content.decode()
    assert values(row) == before


@pytest.mark.parametrize("shown", [None, "", "x", "signed for another form"])
def test_page_that_does_not_say_what_it_showed_is_compared_with_what_is_stored(
    staff: Client, bob_staff: Client, method: ShippingMethod, shown: str | None
) -> None:
    # Mutation: `if name in shown` in _clean_form: Bob's save replaced the name and the days
    if shown == "signed for another form":
        shown = signing.dumps({"at": 0, "rows": {}}, salt="other")
    url = change_url(method)
    form = {**open_form(bob_staff, url), "name": "Slow", "zones-0-max_days": "7"}
    form.pop("shown") if shown is None else form.update(shown=shown)
    before = values(method), list(method.zones.order_by("pk").values())
    page = bob_staff.post(url, form).content.decode()
    assert (values(method), list(method.zones.order_by("pk").values())) == before
    assert "This page did not say what it showed you" in errors(page)
    assert f"changed this to “{method.name}” after you opened the page" in errors(page)
    assert "you entered “7”" in errors(page)
    assert bob_staff.post(url, fields_of(page)).status_code == 302
    method.refresh_from_db()
    assert (method.name, method.zones.get(zone__code="z1").max_days) == ("Slow", 7)


def test_unshown_row_is_neither_deleted_nor_dropped(
    staff: Client, bob_staff: Client, method: ShippingMethod
) -> None:
    # Mutation: names of `shown` only; `_is_edited` without `shown is None`
    url = change_url(method)
    form = {**open_form(bob_staff, url), "zones-0-DELETE": "on"}
    del form["shown"]
    page = bob_staff.post(url, form).content.decode()
    assert "changed this row after you opened the page" in page
    assert method.zones.count() == 2
    form = {**open_form(bob_staff, url), "zones-0-max_days": "7"}
    del form["shown"]
    method.zones.get(zone__code="z1").delete()
    page = bob_staff.post(url, form).content.decode()
    assert "This row was deleted after you opened the page. Save again to add it." in page
    assert method.zones.get().max_days == 9


def test_who_is_taken_from_the_log_of_the_field(staff: Client, bob_staff: Client, db: None) -> None:
    butterfly = product()
    url = change_url(butterfly)
    bob_form = open_form(bob_staff, url)
    staff.post(url, {**open_form(staff, url), "title": "Monarch"})
    bob_staff.post(url, {**open_form(bob_staff, url), "upc": "MF-X"})
    assert LogEntry.objects.count() == 2
    page = bob_staff.post(url, {**bob_form, "title": "Morpho"}).content.decode()
    assert "charlie@example.com (" in errors(page)


def test_image_caption_and_order_are_saved_separately(
    staff: Client, bob_staff: Client, db: None
) -> None:
    butterfly = product()
    url = change_url(butterfly)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    staff.post(url, {**first, "images-0-caption": "Front"})
    bob_staff.post(url, {**second, "images-0-display_order": "4"})
    image = ProductImage.objects.get()
    assert (image.caption, image.display_order) == ("Front", 4)
    assert Product.objects.get().title == "Butterfly"


# Mutation: without `lock`, both threads read the old title and both saves succeeded.
@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_conflict(needs_postgres: None, staff: Client, bob_staff: Client) -> None:
    butterfly = product()
    url = change_url(butterfly)
    first, second = open_form(staff, url), open_form(bob_staff, url)
    answers = run_concurrently(
        lambda: staff.post(url, {**first, "title": "Monarch"}).status_code,
        lambda: bob_staff.post(url, {**second, "title": "Morpho"}).status_code,
    )
    assert sorted(answers) == [200, 302]
    saved = "Monarch" if answers[0] == 302 else "Morpho"
    assert Product.objects.get().title == saved
