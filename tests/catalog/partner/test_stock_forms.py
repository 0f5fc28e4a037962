"""The stock forms of staff: receive, count, adjust; once, completely or not at all."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog.partner import ledger
from catalog.partner.admin import stock as stock_admin
from catalog.partner.admin import stock_rows
from catalog.partner.models import Partner, StockMovement, StockRecord
from tests.admin_forms import fields_of, open_form
from tests.catalog import factories, stock

pytestmark = pytest.mark.django_db

LIST = "/admin/partner/stockrecord/"


@pytest.fixture
def butterfly(db: None) -> StockRecord:
    """Ten on hand."""
    return factories.product("Butterfly", sku="MF-B", stock=10, pictures=0).stockrecords.get()


@pytest.fixture
def rod(db: None) -> StockRecord:
    """Four on hand."""
    return factories.product("Rod", sku="MF-R", stock=4, pictures=0).stockrecords.get()


def form_url(name: str, *records: StockRecord) -> str:
    pks = ",".join(str(one.pk) for one in records)
    return f"{reverse('admin:partner_stockrecord_form', args=[name])}?records={pks}"


def filled(
    quantities: dict[StockRecord, Any], seen: dict[StockRecord, int] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the form data of a stock form."""
    return {
        "records": ",".join(str(one.pk) for one in quantities),
        "once": "9f0c5c0e-0000-4000-8000-000000000001",
        "reason": "",
        **{f"quantity_{one.pk}": number for one, number in quantities.items()},
        **{f"seen_{one.pk}": number for one, number in (seen or {}).items()},
        **more,
    }


def recorded() -> list[tuple[str, int]]:
    """Return type and change of all movements except the first ones."""
    rows = StockMovement.objects.exclude(reason__startswith="Opening").order_by("pk")
    return list(rows.values_list("type", "on_hand_change"))


def test_two_products_are_received_with_one_form(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    page = staff.get(form_url("receive", butterfly, rod)).content.decode()
    assert "MF-B" in page
    assert "MF-R" in page
    data = filled({butterfly: 5, rod: 7}, reason="Invoice 12")
    answer = staff.post(form_url("receive"), data, follow=True)
    assert "Received 12 units of 2 products." in answer.content.decode()
    assert (stock.levels(butterfly), stock.levels(rod)) == ((15, 0), (11, 0))
    rows = StockMovement.objects.filter(type="receipt", reason="Invoice 12")
    assert {row.by.is_staff for row in rows} == {True}


def test_form_submitted_twice_is_recorded_once(staff: Client, butterfly: StockRecord) -> None:
    data = filled({butterfly: 5})
    staff.post(form_url("receive"), data)
    answer = staff.post(form_url("receive"), data, follow=True)
    assert "This form was submitted twice. It was recorded once." in answer.content.decode()
    assert stock.levels(butterfly) == (15, 0)


def test_products_are_added_by_sku_and_quantities_remain(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    data = filled({butterfly: 5}, more="mf-r, MF-NONE", add="1")
    page = staff.post(form_url("receive"), data).content.decode()
    assert 'value="5"' in page
    assert f'name="quantity_{rod.pk}"' in page
    assert "Unknown SKU: MF-NONE." in page
    assert recorded() == []


# Mutation: without setting `seen` of an added row, nothing could be recorded.
@pytest.mark.parametrize(
    ("name", "quantities", "levels"),
    [("receive", ("5", "7"), (15, 11)), ("count", ("8", "3"), (8, 3))],
)
def test_product_added_by_sku_is_recorded(
    name: str, quantities: Any, levels: Any, staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    form = open_form(staff, form_url(name, butterfly)) | {
        f"quantity_{butterfly.pk}": quantities[0], "more": " mf-r\tMF-R,mf-b ", "add": "1",
    }  # fmt: skip
    page = staff.post(form_url(name), form).content.decode()
    assert "Already in this form: MF-B." in page
    assert "Nothing was recorded" not in page
    again = fields_of(page)
    assert again["records"] == [f"{butterfly.pk},{rod.pk}"]
    assert again["more"] == [""]
    again[f"quantity_{rod.pk}"] = quantities[1]
    assert staff.post(form_url(name), again).status_code == 302
    assert (stock.levels(butterfly)[0], stock.levels(rod)[0]) == levels


def test_all_skus_can_be_added_to_an_empty_form(staff: Client, rod: StockRecord) -> None:
    form = open_form(staff, reverse("admin:partner_stockrecord_form", args=["count"]))
    page = staff.post(form_url("count"), {**form, "more": "MF-R", "add": "1"}).content.decode()
    again = fields_of(page) | {f"quantity_{rod.pk}": "4"}
    answer = staff.post(form_url("count"), again, follow=True).content.decode()
    assert "Counted 1 product, no differences." in answer


@pytest.mark.parametrize("name", ["receive", "count"])
def test_skus_typed_and_not_added_are_not_left_out(
    name: str, staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    form = open_form(staff, form_url(name, butterfly))
    data = {**form, f"quantity_{butterfly.pk}": "5", "more": "MF-R"}
    page = staff.post(form_url(name), data).content.decode()
    assert "Click “Add” to add these products first, or clear this field." in page
    assert fields_of(page)["more"] == ["MF-R"]
    assert recorded() == []


def test_unknown_sku_is_shown_beside_its_field_and_stays(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    form = open_form(staff, form_url("count", butterfly))
    page = staff.post(form_url("count"), {**form, "more": "MF-R NONE, X1", "add": "1"})
    html = page.content.decode()
    assert "<li>Unknown SKUs: NONE, X1.</li>" in html
    assert fields_of(html)["more"] == ["NONE X1"]
    assert f'name="quantity_{rod.pk}"' in html


def test_sku_with_spaces_is_added(staff: Client, db: None) -> None:
    spaced = factories.product("Glue", sku="MF 1 A", pictures=0).stockrecords.get()
    form = open_form(staff, form_url("receive"))
    page = staff.post(form_url("receive"), {**form, "more": "mf  1 a", "add": "1"})
    assert fields_of(page.content.decode())["records"] == [str(spaced.pk)]


def test_sku_of_two_suppliers_names_them(staff: Client, rod: StockRecord) -> None:
    other = Partner.objects.create(name="Second Supplier")
    StockRecord.objects.create(
        product=rod.product, partner=other, partner_sku="MF-R", price=1, num_in_stock=2
    )
    form = open_form(staff, form_url("count"))
    page = staff.post(form_url("count"), {**form, "more": "MF-R", "add": "1"}).content.decode()
    assert "Rod, Second Supplier" in page
    assert f"Rod, {rod.partner.name}" in page


def test_quantity_of_a_deleted_product_is_not_left_out(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    form = open_form(staff, form_url("receive", butterfly, rod))
    rod.product.delete()
    data = {**form, f"quantity_{butterfly.pk}": "5", f"quantity_{rod.pk}": "7"}
    page = staff.post(form_url("receive"), data).content.decode()
    assert "A product was deleted after you opened the page. Its quantity was: 7." in page
    assert recorded() == []
    staff.post(form_url("receive"), fields_of(page))
    assert recorded() == [("receipt", 5)]


def test_count_without_the_stock_that_was_shown_is_rejected(
    staff: Client, butterfly: StockRecord
) -> None:
    page = staff.post(form_url("count"), filled({butterfly: 8})).content.decode()
    assert "This page didn’t show the stock on hand" in page
    assert recorded() == []
    staff.post(form_url("count"), fields_of(page))
    assert recorded() == [("count", -2)]


def test_too_many_products_are_not_cut_off_silently(
    staff: Client, butterfly: StockRecord, rod: StockRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (stock_rows, stock_admin):
        monkeypatch.setattr(module, "MAX_ROWS", 1)
    data = {"action": "count", "_selected_action": [butterfly.pk, rod.pk]}
    page = staff.post(LIST, data, follow=True).content.decode()
    assert "A form takes 1 product." in page


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-1", "greater than or equal to 0"),
        ("lots", "Enter a whole number"),
        ("100001", "less than or equal to 100000"),
        ("", "Enter at least one quantity."),
    ],
)
@pytest.mark.parametrize("name", ["receive", "count"])
def test_invalid_quantity_records_nothing(
    name: str, typed: str, message: str, staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    numbers = {butterfly: typed, rod: "3" if typed else ""}
    data = filled(numbers, {butterfly: 10, rod: 4})
    page = staff.post(form_url(name), data).content.decode()
    assert message in page
    assert "Nothing was recorded." in page
    assert recorded() == []


def test_count_records_the_difference(staff: Client, butterfly: StockRecord, rod: Any) -> None:
    data = filled({butterfly: 8, rod: 4}, {butterfly: 10, rod: 4}, reason="Year end")
    answer = staff.post(form_url("count"), data, follow=True)
    assert "Counted 2 products. Different: 1; units in total: -2." in answer.content.decode()
    assert stock.levels(butterfly) == (8, 0)
    assert recorded() == [("count", -2), ("count", 0)]


def test_count_is_rejected_if_stock_changed_since(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    stock.commit(2, butterfly)
    ledger.ship(butterfly.pk, 2, reference="order:100999", by=None)
    before = recorded()
    data = filled({butterfly: 9, rod: 3}, {butterfly: 10, rod: 4})
    page = staff.post(form_url("count"), data).content.decode()
    assert "was 10 when you opened this page and is 8 now" in page
    assert f'name="seen_{butterfly.pk}" value="8"' in page
    assert recorded() == before
    again = filled({butterfly: 7, rod: 3}, {butterfly: 8, rod: 4})
    staff.post(form_url("count"), again)
    assert (stock.levels(butterfly), stock.levels(rod)) == ((7, 0), (3, 0))


def test_count_below_committed_names_the_orders(staff: Client, butterfly: StockRecord) -> None:
    stock.commit(3, butterfly, reference="order:100014")
    page = staff.post(form_url("count"), filled({butterfly: 2}, {butterfly: 10})).content.decode()
    assert "Committed to orders (100014): 3, so 2 on hand is too few." in page
    assert stock.levels(butterfly) == (10, 3)


def adjust_url(record: StockRecord) -> str:
    return reverse("admin:partner_stockrecord_action", args=[record.pk, "adjust"])


def test_adjustment_needs_a_reason(staff: Client, butterfly: StockRecord) -> None:
    page = staff.post(adjust_url(butterfly), {"change": "-2", "reason": ""}).content.decode()
    assert "This field is required." in page
    assert recorded() == []
    data = {"change": "-2", "reason": "Fell off the bench"}
    answer = staff.post(adjust_url(butterfly), data, follow=True)
    assert "Stock adjusted by -2." in answer.content.decode()
    assert stock.levels(butterfly) == (8, 0)
    assert StockMovement.objects.get(type="adjustment").reason == "Fell off the bench"


def test_adjustment_below_zero_is_rejected(staff: Client, butterfly: StockRecord) -> None:
    data = {"change": "-11", "reason": "Lost"}
    page = staff.post(adjust_url(butterfly), data).content.decode()
    row = page[page.index("form-row errors") :]
    assert "Only 10 on hand, so you can&#x27;t remove 11." in row[: row.index("</ul>")]
    assert recorded() == []


def test_adjustment_submitted_twice_is_recorded_once(staff: Client, butterfly: Any) -> None:
    data = {"change": "-2", "reason": "Lost", "once": "9f0c5c0e-0000-4000-8000-000000000002"}
    for _ in range(2):
        staff.post(adjust_url(butterfly), data)
    assert recorded() == [("adjustment", -2)]


@pytest.mark.parametrize("name", ["receive", "count", "adjust"])
def test_each_form_needs_its_own_permission(
    name: str, client: Client, alice: User, butterfly: StockRecord
) -> None:
    alice.is_staff = True
    alice.save()
    view = Permission.objects.get(codename="view_stockrecord")
    others = Permission.objects.filter(
        codename__in={"receive_stock", "count_stock", "adjust_stock"} - {f"{name}_stock"}
    )
    alice.user_permissions.add(view, *others)
    client.force_login(alice)
    url = adjust_url(butterfly) if name == "adjust" else form_url(name, butterfly)
    data = filled({butterfly: 1}, {butterfly: 10}, reason="x", change="1")
    assert client.get(url).status_code == 403
    assert client.post(url, data).status_code == 403
    assert stock.levels(butterfly) == (10, 0)
    alice.user_permissions.add(Permission.objects.get(codename=f"{name}_stock"))
    assert client.get(url).status_code == 200


def test_unknown_form_returns_404(staff: Client, butterfly: Any) -> None:
    url = reverse("admin:partner_stockrecord_form", args=["burn"])
    assert staff.get(url).status_code == 404
    assert staff.get(f"{form_url('count')}x,99999999999999999999,-1").status_code == 200


@pytest.mark.parametrize(("old", "new"), [("receive/", "forms/receive/"), ("correct/", "")])
def test_old_form_urls_redirect(staff: Client, old: str, new: str) -> None:
    response = staff.get(f"/admin/partner/stockrecord/sheet/{old}?records=1")
    assert (response.status_code, response.url) == (
        301,
        f"/admin/partner/stockrecord/{new}?records=1",
    )


def test_record_page_shows_the_ledger_with_running_levels(
    staff: Client, butterfly: StockRecord
) -> None:
    ledger.receive(butterfly.pk, 5, by=None, reason="Invoice 12")
    stock.commit(2, butterfly, reference="order:100014")
    ledger.ship(butterfly.pk, 2, reference="order:100014", by=None)
    answer = staff.get(f"{LIST}{butterfly.pk}/change/")
    rows = [
        (row.type, row.on_hand_level, row.committed_level) for row, *_ in answer.context["rows"]
    ]
    assert rows == [("shipment", 13, 0), ("sale", 15, 2), ("receipt", 15, 0), ("receipt", 10, 0)]
    assert "?q=100014" in answer.content.decode()


def test_long_ledger_is_paginated(staff: Client, butterfly: StockRecord) -> None:
    for _ in range(60):
        ledger.receive(butterfly.pk, 1, by=None)
    second = staff.get(f"{LIST}{butterfly.pk}/change/", {"page": "2"})
    assert len(second.context["rows"]) == 11
    assert second.context["rows"][0][0].on_hand_level == 20
    assert "Page 2 of 2" in second.content.decode()


def test_ledger_is_searched_and_filtered(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    stock.commit(1, rod, reference="order:100014")
    ledger.receive(butterfly.pk, 5, by=None, reason="Invoice 12")
    rod_product = rod.product
    listed = reverse("admin:partner_stockmovement_changelist")
    for query, found in (
        ({"q": "100014"}, [rod.pk]),
        ({"q": "Invoice 12"}, [butterfly.pk]),
        ({"q": "MF-R"}, [rod.pk, rod.pk]),
        ({"type__exact": "sale"}, [rod.pk]),
    ):
        rows = staff.get(listed, query).context["cl"].result_list
        assert [row.stockrecord_id for row in rows] == found, query
    stock.release(1, rod, reference="order:100014")
    rod_product.delete()
    assert "deleted" in staff.get(listed).content.decode()


def test_list_starts_with_the_most_urgent(staff: Client, butterfly: Any, rod: Any) -> None:
    soon = factories.product(
        "Motor",
        sku="MF-M",
        stock=0,
        pictures=0,
        stocked={"backorder": True, "expected_on": "2026-12-24"},
    ).stockrecords.get()
    out = factories.product("Glue", sku="MF-G", stock=0, pictures=0).stockrecords.get()
    stock.commit(2, soon)
    page = staff.get(LIST)
    assert "24 Dec 2026, backorder" in page.content.decode()
    rows = page.context["cl"].result_list
    listed = [
        (row.partner_sku, row.backordered, row.available, row.above_threshold) for row in rows
    ]
    assert listed == [
        ("MF-M", 2, -2, -5),
        ("MF-G", 0, 0, -3),
        ("MF-R", 0, 4, 1),
        ("MF-B", 0, 10, 7),
    ]
    low = staff.get(LIST, {"stock": "low"}).context["cl"].result_list
    assert [row.pk for row in low] == [soon.pk, out.pk]
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>2</strong> products low, out of stock or backordered" in start


def test_selected_records_open_a_form(staff: Client, butterfly: Any, rod: Any) -> None:
    data = {"action": "count", "_selected_action": [butterfly.pk, rod.pk]}
    answer = staff.post(LIST, data)
    assert answer.status_code == 302
    page = staff.get(answer.url).content.decode()
    assert f'name="quantity_{butterfly.pk}"' in page
    assert f'name="quantity_{rod.pk}"' in page
