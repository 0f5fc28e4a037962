"""What staff do to the shelf: deliveries, counts, corrections; each once, all or nothing."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord
from tests.catalog import shelf, stock

pytestmark = pytest.mark.django_db

LIST = "/admin/partner/stockrecord/"


@pytest.fixture
def butterfly(db: None) -> StockRecord:
    """Ten on the shelf."""
    return shelf.product("Butterfly", sku="MF-B", stock=10, pictures=0).stockrecords.get()


@pytest.fixture
def rod(db: None) -> StockRecord:
    """Four on the shelf."""
    return shelf.product("Rod", sku="MF-R", stock=4, pictures=0).stockrecords.get()


def sheet(name: str, *records: StockRecord) -> str:
    pks = ",".join(str(one.pk) for one in records)
    return f"{reverse('admin:partner_stockrecord_sheet', args=[name])}?records={pks}"


def filled(
    pieces: dict[StockRecord, Any], seen: dict[StockRecord, int] | None = None, **more: Any
) -> dict[str, Any]:
    """What the browser sends for a sheet."""
    return {
        "records": ",".join(str(one.pk) for one in pieces),
        "once": "9f0c5c0e-0000-4000-8000-000000000001",
        "why": "",
        **{f"pieces_{one.pk}": number for one, number in pieces.items()},
        **{f"seen_{one.pk}": number for one, number in (seen or {}).items()},
        **more,
    }


def kinds() -> list[tuple[str, int]]:
    """The ledger without its opening rows."""
    rows = StockMovement.objects.exclude(why__startswith="Opening").order_by("pk")
    return list(rows.values_list("kind", "shelf_change"))


def test_a_delivery_of_two_articles_is_received_on_one_sheet(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    page = staff.get(sheet("receive", butterfly, rod)).content.decode()
    assert "MF-B" in page
    assert "MF-R" in page
    data = filled({butterfly: 5, rod: 7}, why="Invoice 12")
    answer = staff.post(sheet("receive"), data, follow=True)
    assert "12 pieces of 2 articles are on the shelf." in answer.content.decode()
    assert (stock.levels(butterfly), stock.levels(rod)) == ((15, 0), (11, 0))
    rows = StockMovement.objects.filter(kind="receipt", why="Invoice 12")
    assert {row.by.is_staff for row in rows} == {True}


def test_a_sheet_sent_twice_acts_once(staff: Client, butterfly: StockRecord) -> None:
    data = filled({butterfly: 5})
    staff.post(sheet("receive"), data)
    answer = staff.post(sheet("receive"), data, follow=True)
    assert "This was sent twice; it was done once." in answer.content.decode()
    assert stock.levels(butterfly) == (15, 0)


def test_articles_join_a_sheet_by_sku_however_it_is_typed_and_numbers_stay(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    data = filled({butterfly: 5}, more="mf-r, MF-NONE", add="1")
    page = staff.post(sheet("receive"), data).content.decode()
    assert 'value="5"' in page
    assert f'name="pieces_{rod.pk}"' in page
    assert "Nothing in stock is called MF-NONE." in page
    assert kinds() == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("-1", "greater than or equal to 0"),
        ("lots", "Enter a whole number"),
        ("100001", "less than or equal to 100000"),
        ("", "No number was entered."),
    ],
)
@pytest.mark.parametrize("name", ["receive", "count"])
def test_a_wrong_number_moves_nothing(
    name: str, typed: str, says: str, staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    numbers = {butterfly: typed, rod: "3" if typed else ""}
    data = filled(numbers, {butterfly: 10, rod: 4})
    page = staff.post(sheet(name), data).content.decode()
    assert says in page
    assert "Nothing was recorded." in page
    assert kinds() == []


def test_a_count_writes_the_difference(staff: Client, butterfly: StockRecord, rod: Any) -> None:
    data = filled({butterfly: 8, rod: 4}, {butterfly: 10, rod: 4}, why="Year end")
    answer = staff.post(sheet("count"), data, follow=True)
    assert "2 articles counted; 1 differed, -2 in all." in answer.content.decode()
    assert stock.levels(butterfly) == (8, 0)
    assert kinds() == [("count", -2), ("count", 0)]


def test_a_count_of_a_shelf_that_moved_is_asked_again_with_the_new_figure(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    stock.promise(2, butterfly)
    ledger.ship(butterfly.pk, 2, about="order:100999", by=None)
    before = kinds()
    data = filled({butterfly: 9, rod: 3}, {butterfly: 10, rod: 4})
    page = staff.post(sheet("count"), data).content.decode()
    assert "was 10 when you opened this page and is 8 now" in page
    assert f'name="seen_{butterfly.pk}" value="8"' in page
    assert kinds() == before
    again = filled({butterfly: 7, rod: 3}, {butterfly: 8, rod: 4})
    staff.post(sheet("count"), again)
    assert (stock.levels(butterfly), stock.levels(rod)) == ((7, 0), (3, 0))


def test_a_count_below_what_is_promised_names_the_orders(
    staff: Client, butterfly: StockRecord
) -> None:
    stock.promise(3, butterfly, about="order:100014")
    page = staff.post(sheet("count"), filled({butterfly: 2}, {butterfly: 10})).content.decode()
    assert "3 are promised to orders (100014), so 2 on the shelf is too few." in page
    assert stock.levels(butterfly) == (10, 3)


def test_a_correction_needs_its_reason(staff: Client, butterfly: StockRecord) -> None:
    page = staff.post(sheet("correct"), filled({butterfly: -2})).content.decode()
    assert "This field is required." in page
    assert kinds() == []
    data = filled({butterfly: -2}, why="Fell off the bench")
    answer = staff.post(sheet("correct"), data, follow=True)
    assert "The stock is corrected by -2." in answer.content.decode()
    assert stock.levels(butterfly) == (8, 0)
    assert StockMovement.objects.get(kind="correction").why == "Fell off the bench"


@pytest.mark.parametrize("name", ["receive", "count", "correct"])
def test_each_act_needs_its_own_right(
    name: str, client: Client, alice: User, butterfly: StockRecord
) -> None:
    alice.is_staff = True
    alice.save()
    view = Permission.objects.get(codename="view_stockrecord")
    others = Permission.objects.filter(
        codename__in={"receive_stock", "count_stock", "correct_stock"} - {f"{name}_stock"}
    )
    alice.user_permissions.add(view, *others)
    client.force_login(alice)
    data = filled({butterfly: 1}, {butterfly: 10}, why="x")
    assert client.get(sheet(name, butterfly)).status_code == 403
    assert client.post(sheet(name), data).status_code == 403
    assert stock.levels(butterfly) == (10, 0)
    alice.user_permissions.add(Permission.objects.get(codename=f"{name}_stock"))
    assert client.get(sheet(name, butterfly)).status_code == 200


def test_a_sheet_that_does_not_exist_is_not_found(staff: Client, butterfly: Any) -> None:
    url = reverse("admin:partner_stockrecord_sheet", args=["burn"])
    assert staff.get(url).status_code == 404
    assert staff.get(f"{sheet('count')}x,99999999999999999999,-1").status_code == 200


def test_a_record_shows_its_ledger_with_running_levels(
    staff: Client, butterfly: StockRecord
) -> None:
    ledger.receive(butterfly.pk, 5, by=None, why="Invoice 12")
    stock.promise(2, butterfly, about="order:100014")
    ledger.ship(butterfly.pk, 2, about="order:100014", by=None)
    answer = staff.get(f"{LIST}{butterfly.pk}/change/")
    rows = [(row.kind, row.shelf_level, row.promised_level) for row, *_ in answer.context["rows"]]
    assert rows == [("shipment", 13, 0), ("sale", 15, 2), ("receipt", 15, 0), ("receipt", 10, 0)]
    assert "?q=100014" in answer.content.decode()


def test_a_long_ledger_has_pages(staff: Client, butterfly: StockRecord) -> None:
    for _ in range(60):
        ledger.receive(butterfly.pk, 1, by=None)
    second = staff.get(f"{LIST}{butterfly.pk}/change/", {"page": "2"})
    assert len(second.context["rows"]) == 11
    assert second.context["rows"][0][0].shelf_level == 20
    assert "Page 2 of 2" in second.content.decode()


def test_the_whole_ledger_is_searched_and_filtered(
    staff: Client, butterfly: StockRecord, rod: StockRecord
) -> None:
    stock.promise(1, rod, about="order:100014")
    ledger.receive(butterfly.pk, 5, by=None, why="Invoice 12")
    rod_product = rod.product
    listed = reverse("admin:partner_stockmovement_changelist")
    for query, found in (
        ({"q": "100014"}, [rod.pk]),
        ({"q": "Invoice 12"}, [butterfly.pk]),
        ({"q": "MF-R"}, [rod.pk, rod.pk]),
        ({"kind__exact": "sale"}, [rod.pk]),
    ):
        rows = staff.get(listed, query).context["cl"].result_list
        assert [row.stockrecord_id for row in rows] == found, query
    stock.unpromise(1, rod, about="order:100014")
    rod_product.delete()
    assert "deleted" in staff.get(listed).content.decode()


def test_the_list_starts_with_what_is_most_urgent(staff: Client, butterfly: Any, rod: Any) -> None:
    soon = shelf.product(
        "Motor", sku="MF-M", stock=0, pictures=0,
        stocked={"backorder": True, "expected_on": "2026-12-24"},
    ).stockrecords.get()  # fmt: skip
    out = shelf.product("Glue", sku="MF-G", stock=0, pictures=0).stockrecords.get()
    stock.promise(2, soon)
    rows = staff.get(LIST).context["cl"].result_list
    listed = [(row.partner_sku, row.waiting, row.free, row.over) for row in rows]
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


def test_selected_articles_open_a_sheet(staff: Client, butterfly: Any, rod: Any) -> None:
    data = {"action": "count", "_selected_action": [butterfly.pk, rod.pk]}
    answer = staff.post(LIST, data)
    assert answer.status_code == 302
    page = staff.get(answer.url).content.decode()
    assert f'name="pieces_{butterfly.pk}"' in page
    assert f'name="pieces_{rod.pk}"' in page
