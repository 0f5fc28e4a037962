"""Imports: dry run, messages for each cell, all or nothing, round trips, ledger, images."""

import io
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.apps.address.models import Country
from PIL import Image

from accounts.users.models import User
from catalog.compatibility.models import PortRule
from catalog.models import (
    AttributeOptionGroup,
    Category,
    Product,
    ProductAttribute,
    ProductAttributeValue,
)
from catalog.partner import ledger
from catalog.partner.models import Partner, StockMovement, StockRecord
from catalog.read_model import card_of
from catalog.redirects.models import Redirect
from checkout.shipping.models import MethodZone, ShippingMethod, ShippingRate, ShippingZone
from microflight.core.csv_files import InvalidFile, csv_lines
from microflight.imports import tasks
from microflight.imports.datasets import DATASETS
from microflight.imports.files import workbook
from microflight.imports.models import ImportJob, State
from tests.catalog import factories


def _zone() -> ShippingZone:
    return ShippingZone.objects.create(code="all", name="All")


@pytest.fixture
def shop_data(db: None) -> list[Product]:
    """A tree of categories, a motor with awkward texts, and a product with two variants."""
    motors = factories.category("Motors")
    coreless = factories.category("Coreless", motors)
    factories.product(
        "Motor", sku="0012", into=coreless, price="10.00", values={"Colour": "red", "Length": 4.5},
        description="  =1+1\n<p>Été</p>\n", meta_title="-x",
    )  # fmt: skip
    factories.with_variants("Rod", ["1.00", "2.00"], into=motors)
    Redirect.objects.create(old_path="/old", new_path="/")
    length = ProductAttribute.objects.get(code="length")
    PortRule.objects.create(
        attribute=length, interface="shaft", direction="provides", quantity="diameter_mm"
    )
    method, zone = ShippingMethod.objects.create(code="mail", name="Mail"), _zone()
    to = MethodZone.objects.create(method=method, zone=zone, min_days=1, max_days=2)
    ShippingRate.objects.create(
        method_zone=to, up_to_g=method.max_weight_g, price="5.10", effective_from="2027-01-01"
    )
    return list(Product.objects.order_by("pk"))


def checked(dataset: str, text: str | bytes, by: Any, mode: str = "update") -> ImportJob:
    data = text.encode() if isinstance(text, str) else text
    job = tasks.start_check(data, dataset=dataset, mode=mode, file_name="x.csv", by=by)
    tasks.check(job.pk)
    job.refresh_from_db()
    return job


def imported(job: ImportJob) -> ImportJob:
    tasks.start_import(job)
    tasks.run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("dataset", DATASETS)
def test_round_trip_changes_nothing(
    dataset: str, form: str, shop_data: list[Product], charlie: User
) -> None:
    resource = DATASETS[dataset][1]()
    rows = list(resource.export_rows())
    assert rows
    lines = "".join(csv_lines(rows, resource.columns())).encode()
    data = lines if form == "csv" else workbook(resource.columns(), rows)
    job = checked(dataset, data, charlie, "both")
    assert (job.report["errors"], job.report["changes"]) == ([], [])
    assert (job.created, job.updated, job.unchanged) == (0, 0, len(rows))


def test_product_is_changed_with_read_model_and_history(
    shop_data: list[Product], charlie: User
) -> None:
    job = checked("products", "sku;title;weight_g\n0012;Motor 4 mm;0,6\n", charlie)
    assert job.report["changes"] == [
        [2, "0012", "title", "Motor", "Motor 4 mm"],
        [2, "0012", "weight_g", "3.60", "0.6"],
    ]
    assert Product.objects.get(upc="0012").title == "Motor"
    assert imported(job).state == State.IMPORTED
    product = Product.objects.get(upc="0012")
    assert (product.title, product.weight_g) == ("Motor 4 mm", Decimal("0.60"))
    assert product.card != ""
    assert card_of(product.pk, product.card).title == "Motor 4 mm"
    assert product.history.first().history_user == charlie
    assert product.history.first().history_change_reason == f"Import {job.pk}: x.csv"


def test_products_with_variants_are_created(shop_data: list[Product], charlie: User) -> None:
    text = (
        "sku,parent_sku,structure,type,title,categories,weight_g\n"
        "W-1,,parent,Part,Wing,Motors|Motors > Coreless,2\n"
        "W-1-A,W-1,child,,Wing A,,2.5\n"
    )
    job = imported(checked("products", text, charlie, "create"))
    assert (job.state, job.created, job.message) == (State.IMPORTED, 2, "")
    variant = Product.objects.get(upc="W-1-A")
    assert variant.parent == Product.objects.get(upc="W-1")
    assert variant.parent.categories.count() == 2


@pytest.mark.parametrize(
    ("dataset", "text", "cell"),
    [
        ("products", "sku,weight_g\n0012,1;234x\n", ["weight_g", "1;234x", "Enter a number."]),
        ("products", "sku,title\n12,x\n",
         ["sku", "12", "There is none. Did the spreadsheet drop the zeros of 0012?"]),
        ("products", "sku,title\n1.2E+05,x\n",
         ["sku", "1.2E+05", "The spreadsheet shortened this number. Format the column as text."]),
        ("products", "sku,title\nNEW,x\n", ["sku", "NEW", "No product has this SKU."]),
        ("products", "sku,is_public\n0012,maybe\n", ["is_public", "maybe", "Enter yes or no."]),
        ("products", "sku,discontinued_on\n0012,46000\n",
         ["discontinued_on", "46000", "Enter a valid date."]),
        ("products", "sku,categories\n0012,Nowhere\n",
         ["categories", "Nowhere", "There is none with this name."]),
        ("prices", "sku,supplier,price\n0012,,-1\n",
         ["price", "-1", "Ensure this value is greater than or equal to 0."]),
        ("attributes", "sku,attribute,value\n0012,length,long\n",
         ["value", "long", "Enter a number."]),
        ("attributes", "sku,attribute,value\n0012,power,1\n",
         ["sku", "0012", "The type of this product has no attribute with this code."]),
    ],
)  # fmt: skip
def test_bad_cell_is_named_with_what_is_expected(
    dataset: str, text: str, cell: list[str], shop_data: list[Product], charlie: User
) -> None:
    job = checked(dataset, text, charlie)
    assert job.state == State.FAILED
    assert [error[0] for error in job.report["errors"]] == [2]
    assert job.report["errors"][0][3] == cell[2]
    assert job.file.name == ""


def test_existing_row_is_rejected_when_only_creating(
    shop_data: list[Product], charlie: User
) -> None:
    job = checked("products", "sku,title\n0012,x\n0012,y\n", charlie, "create")
    messages = [error[3] for error in job.report["errors"]]
    assert messages == ["It exists. Choose another mode to update it.", "Row 2 has the same key."]


def test_one_bad_row_saves_nothing(shop_data: list[Product], charlie: User) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\nROD,,x\n", charlie)
    assert job.state == State.FAILED
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("10.00")


def test_stock_goes_through_the_ledger(shop_data: list[Product], charlie: User) -> None:
    job = imported(checked("stock", "sku,supplier,on_hand\n0012,,15\n", charlie))
    assert (job.state, job.message) == (State.IMPORTED, "")
    assert StockRecord.objects.get(product__upc="0012").num_in_stock == 15
    movement = StockMovement.objects.first()
    assert (movement.type, movement.on_hand_change, movement.by) == ("count", -5, charlie)


def test_change_after_the_check_imports_nothing(shop_data: list[Product], charlie: User) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    StockRecord.objects.filter(product__upc="0012").update(price=Decimal("12.00"))
    job = imported(job)
    assert (job.state, job.message) == (
        State.FAILED,
        "Nothing was imported. Correct the rows below, and upload the file again.",
    )
    assert job.report["errors"] == [[2, "", "0012 ", "Someone saved this row since the check."]]
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("12.00")


def during_import(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let another person save a change when an import has read its rows, and locks them."""
    monkeypatch.setattr(tasks, "lock_names", lambda *_names: change())


# Mutation: without `_compare`, each import overwrote the other value.
@pytest.mark.parametrize(
    ("dataset", "text", "rows", "change", "cell"),
    [
        ("products", "sku,title,weight_g\n0012,Motor 2,4\n",
         Product.objects.filter(upc="0012"), {"title": "Other"}, ["title", "Other"]),
        ("prices", "sku,supplier,price\n0012,,11.00\n",
         StockRecord.objects.filter(partner_sku="0012"), {"price": "12"}, ["price", "12.00"]),
        ("attributes", "sku,attribute,value\n0012,length,5\n",
         ProductAttributeValue.objects.filter(attribute__code="length"), {"value_float": 6.0},
         ["value", "6.0"]),
        ("categories", "path,description\nMotors,x\n",
         Category.objects.filter(name="Motors"), {"description": "y"}, ["description", "y"]),
        ("redirects", "old_url,new_url\n/old,\n",
         Redirect.objects.filter(old_path="/old"), {"new_path": "/policies/"},
         ["new_url", "/policies/"]),
    ],
)  # fmt: skip
def test_change_during_the_import_is_not_overwritten(
    dataset: str, text: str, rows: Any, change: dict[str, Any], cell: list[str],
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    job, before = checked(dataset, text, charlie), list(rows.all().values())
    during_import(monkeypatch, lambda: rows.all().update(**change))
    job = imported(job)
    assert job.state == State.FAILED
    ((_row, *found),) = job.report["errors"]
    assert found == [*cell, "Someone saved another value meanwhile."]
    assert not rows.all().filter(**change).exists()  # rolled back: it is in this transaction here
    assert list(rows.all().values()) == before


def test_columns_that_a_file_leaves_alone_keep_what_others_save(
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = checked("products", "sku,title\n0012,Motor 2\n", charlie)
    row = Product.objects.filter(upc="0012")
    during_import(monkeypatch, lambda: row.update(weight_g=9, meta_title="new"))
    assert imported(job).state == State.IMPORTED
    assert row.values_list("title", "weight_g", "meta_title").get() == ("Motor 2", 9, "new")


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        ("stock", "sku,supplier,location\n0012,,A\n0012,Plantraco,B\n"),
        ("products", "sku,title\nMF-ROD-SIZE-1,x\n mf-rod-size-1 ,y\n"),
        ("products", "sku,type,title,categories\nÉ-1,Part,x,Motors\nE\u0301-1,Part,y,Motors\n"),
        ("attributes", "sku,attribute,value\n0012,length,5\n0012,Length,6\n"),
        ("categories", "path,description\nMotors > Coreless,x\nmotors>coreless,y\n"),
        ("categories", "path,description\nWings,x\nWINGS,y\n"),
        ("redirects", "old_url,new_url\n/a,/\n/a/,/\n"),
    ],
)
def test_two_rows_of_one_record_are_rejected(
    dataset: str, text: str, shop_data: list[Product], charlie: User
) -> None:
    Partner.objects.update(name="Plantraco")
    job = checked(dataset, text, charlie, "both")
    assert job.state == State.FAILED
    assert [(row, message) for row, _column, _value, message in job.report["errors"]] == [
        (3, "Row 2 has the same key.")
    ]


def test_stock_below_what_is_committed_is_rejected(shop_data: list[Product], charlie: User) -> None:
    record = StockRecord.objects.get(product__upc="0012")
    ledger.reserve([(record.pk, 5, "Motor")], reference="order:1")
    job = imported(checked("stock", "sku,supplier,on_hand\n0012,,2\n", charlie))
    assert job.state == State.FAILED
    assert StockRecord.objects.get(pk=record.pk).num_in_stock == 20


def test_attribute_is_changed(shop_data: list[Product], charlie: User) -> None:
    text = 'sku,attribute,value\n0012,length,"5,5"\n0012,colour,\n'
    job = imported(checked("attributes", text, charlie))
    assert (job.state, job.message) == (State.IMPORTED, "")
    values = Product.objects.get(upc="0012").attribute_values
    assert [value.value for value in values.all()] == [5.5]


@pytest.mark.parametrize(
    ("dataset", "text", "columns", "expected"),
    [
        ("facts", 'sku,battery_wh,cusma,origin\n0012,"1,11",yes,ca\n',
         ("facts__battery_wh", "facts__cusma", "facts__origin"), (Decimal("1.110"), True, "CA")),
        ("definitions", "product_type,code,name,type,option_group,options\n"
         "part,finish,Finish,option,Finishes,matt|gloss|Matt\n",
         ("product_class__attributes__option_group__options__option",), ("gloss",)),
        ("port-rules", "product_type,attribute,interface,direction,quantity,is_required\n"
         "Part,LENGTH,shaft,provides,diameter_mm,yes\n",
         ("product_class__attributes__port_rules__is_required",), (True,)),
        ("attributes", "sku,attribute,value\n0012,wet,no\n",
         ("attribute_values__value_boolean",), (False,)),
        ("attributes", "sku,attribute,value\n0012,seen,2027-01-31T08:30\n",
         ("attribute_values__value_datetime__hour",), (8,)),
    ],
)  # fmt: skip
def test_values_are_saved(
    dataset: str, text: str, columns: tuple[str, ...], expected: Any,
    shop_data: list[Product], charlie: User,
) -> None:  # fmt: skip
    Country.objects.get_or_create(pk="CA", defaults={"printable_name": "Canada"})
    AttributeOptionGroup.objects.create(name="Finishes")
    kind = Product.objects.get(upc="0012").product_class
    for code, name in (("wet", "boolean"), ("seen", "datetime")):
        kind.attributes.create(code=code, name=code, type=name)
    job = imported(checked(dataset, text, charlie, "both"))
    assert (job.report["errors"], job.state, job.message) == ([], State.IMPORTED, "")
    assert expected in Product.objects.filter(upc="0012").values_list(*columns)


def test_categories_are_created_below_each_other(charlie: User) -> None:
    text = "path,description\nAircraft,x\nAircraft > Gliders,y\n"
    job = imported(checked("categories", text, charlie, "create"))
    assert (job.state, job.message) == (State.IMPORTED, "")
    assert Category.objects.get(name="Gliders").depth == 2


def test_redirect_loop_is_rejected(shop_data: list[Product], charlie: User) -> None:
    job = checked("redirects", "old_url,new_url\n/a,/old\n/b,/nowhere/\n", charlie, "both")
    assert job.state == State.FAILED
    assert "Enter a page of the shop" in job.report["errors"][-1][3]


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


def test_images_are_encoded_again_and_found_unchanged(
    shop_data: list[Product], charlie: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    data = _zip(**{"0012.png": _png("red") + b"<script>", "0012_2.png": _png("blue")})
    job = imported(checked("images", data, charlie, "both"))
    assert (job.state, job.created, job.updated, job.message) == (State.IMPORTED, 1, 1, "")
    first, _second = Product.objects.get(upc="0012").images.order_by("display_order")
    assert b"<script>" not in first.original.read()
    assert (first.width, first.height) == (40, 30)
    assert checked("images", data, charlie, "both").unchanged == 2


@pytest.mark.parametrize("name", ["../0012.png", "/etc/0012.png", "a/0012.png", "..\\0012.png"])
def test_path_in_a_zip_is_rejected(name: str, shop_data: list[Product], charlie: User) -> None:
    job = checked("images", _zip(**{name: _png("red")}), charlie, "both")
    assert job.state == State.FAILED
    assert job.message.startswith("Put the images at the top")


def test_two_images_for_one_place_are_rejected(shop_data: list[Product], charlie: User) -> None:
    job = checked("images", _zip(**{"0012.png": _png("red"), "0012_1.jpg": _png("blue")}), charlie)
    assert job.state == State.FAILED
    (error,) = job.report["errors"]
    assert error[2:] == ["0012_1.jpg", "The file has another image for the same place: 0012.png."]


def test_damaged_zip_is_rejected_with_a_clear_message(
    shop_data: list[Product], charlie: User
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0012.png", _png("red") * 50)
    data = bytearray(out.getvalue())
    data[60:80] = b"\xff" * 20
    job = checked("images", bytes(data), charlie, "both")
    assert (job.state, job.message) == (State.FAILED, "The file is not a valid ZIP file.")


def test_new_attribute_value_without_a_value_is_rejected(
    shop_data: list[Product], charlie: User
) -> None:
    ProductAttributeValue.objects.filter(product__upc="0012", attribute__code="colour").delete()
    job = checked("attributes", "sku,attribute\n0012,colour\n", charlie, "create")
    assert job.state == State.FAILED
    assert job.report["errors"] == [[2, "value", "", "Enter a value."]]


def test_file_is_deleted_when_the_job_ends(
    shop_data: list[Product], charlie: User, django_capture_on_commit_callbacks: Any
) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    name = job.file.name
    assert storages["private"].exists(name)
    tasks.start_import(job)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.run(job.pk)
    assert not storages["private"].exists(name)


def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Return the list of tasks that are queued from now on."""
    found: list[tuple[str, int]] = []
    for name in ("check", "run"):
        monkeypatch.setattr(
            getattr(tasks, name), "delay", lambda pk, name=name: found.append((name, pk))
        )
    return found


def stop_worker(job: ImportJob, **columns: Any) -> None:
    """Store what a worker leaves that was killed some minutes ago."""
    ago = timezone.now() - timedelta(seconds=tasks.QUIET_SECONDS + 1)
    ImportJob.objects.filter(pk=job.pk).update(progress_at=ago, **columns)


def test_stopped_import_continues_once_it_is_quiet(
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    tasks.start_import(job)
    ImportJob.objects.filter(pk=job.pk).update(progress_at=timezone.now(), attempts=1)
    tasks.run(job.pk)  # delivered twice while another worker makes progress
    job.refresh_from_db()
    assert job.state == State.IMPORTING
    calls = queued(monkeypatch)
    tasks.resume()
    assert calls == []
    stop_worker(job)
    tasks.resume()
    assert calls == [("run", job.pk)]
    tasks.run(job.pk)
    job.refresh_from_db()
    assert job.state == State.IMPORTED
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("11.00")


def test_constraint_that_fails_at_the_commit_ends_the_job(
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mutation: the job had its next state already, so it stayed “importing” and was tried again
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    tasks.start_import(job)
    save = ImportJob.save

    def fail(self: ImportJob, **options: Any) -> None:
        if self.state == State.UPDATING:
            raise IntegrityError
        save(self, **options)

    monkeypatch.setattr(ImportJob, "save", fail)
    tasks.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.file.name) == (State.FAILED, "")
    assert "created or deleted one of these rows meanwhile" in job.message
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("10.00")


def test_second_worker_leaves_the_result_of_the_first(
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    tasks.start_import(job)
    done = ImportJob.objects.filter(pk=job.pk)
    during_import(monkeypatch, lambda: done.update(state=State.IMPORTED))
    plan = tasks._plan
    monkeypatch.setattr(tasks, "_plan", lambda one: (plan(one), done.update(state="imported"))[0])
    tasks.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (State.IMPORTED, "")
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("10.00")


def test_import_that_stops_each_time_fails(shop_data: list[Product], charlie: User) -> None:
    job = checked("prices", "sku,supplier,price\n0012,,11.00\n", charlie)
    tasks.start_import(job)
    stop_worker(job, attempts=tasks.MAX_ATTEMPTS)
    tasks.run(job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert job.message == "The server stopped during each attempt. Split the file."
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("10.00")


def test_pages_are_updated_after_a_stop(
    shop_data: list[Product], charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = checked("products", "sku,title\n0012,Motor 2\n", charlie)
    tasks.start_import(job)
    with monkeypatch.context() as broken:
        broken.setattr("catalog.read_model.refresh", Mock(side_effect=RuntimeError))
        with pytest.raises(RuntimeError):
            tasks.run(job.pk)
    job.refresh_from_db()
    assert (job.state, Product.objects.get(upc="0012").card) == (State.UPDATING, "")
    stop_worker(job)
    tasks.run(job.pk)
    job.refresh_from_db()
    assert job.state == State.IMPORTED
    assert "Motor 2" in Product.objects.get(upc="0012").card


# --- Pages ---------------------------------------------------------------------------------------


def test_upload_check_and_import_in_the_admin(
    staff: Client, shop_data: list[Product], charlie: User
) -> None:
    file = io.BytesIO(b"sku,supplier,price\n0012,,11.00\n")
    file.name = "prices.csv"
    url = reverse("admin:imports_importjob_add")
    page = staff.post(url, {"dataset": "prices", "mode": "update", "file": file}, follow=True)
    assert page["Refresh"] == "2"
    job = ImportJob.objects.get()
    tasks.check(job.pk)
    address = reverse("admin:imports_importjob_change", args=[job.pk])
    page = staff.get(address).content.decode()
    assert '<td data-label="Before">10.00</td><td data-label="After">11.00</td>' in page
    staff.post(reverse("admin:imports_importjob_action", args=[job.pk, "start"]), {"once": "1"})
    tasks.run(job.pk)
    assert StockRecord.objects.get(product__upc="0012").price == Decimal("11.00")


@pytest.mark.parametrize(
    ("header", "message"),
    [("sku,price", "Missing columns: supplier."), ("sku,supplier,sku", "the same name")],
)
def test_wrong_header_is_rejected(header: str, message: str, charlie: User) -> None:
    with pytest.raises(InvalidFile, match=message):
        tasks.start_check(
            f"{header}\n1,2\n".encode(), dataset="prices", mode="both", file_name="x", by=charlie
        )
    assert not ImportJob.objects.exists()


def test_unknown_column_is_rejected_at_once(staff: Client, shop_data: list[Product]) -> None:
    file = io.BytesIO(b"sku,supplier,cost\n0012,,11.00\n")
    file.name = "prices.csv"
    url = reverse("admin:imports_importjob_add")
    answer = staff.post(url, {"dataset": "prices", "mode": "update", "file": file})
    assert answer.status_code == 422
    assert "Unknown columns: cost." in answer.content.decode()
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("dataset", [*DATASETS, "orders", "customers"])
def test_exports_and_templates_open(
    dataset: str, form: str, staff: Client, shop_data: list[Product]
) -> None:
    for name in ("export", "template"):
        answer = staff.get(reverse(f"admin:imports_importjob_{name}", args=[dataset, form]))
        assert answer.status_code == 200
        assert answer.getvalue()


def test_staff_without_permission_export_and_import_nothing(
    client: Client, alice: User, db: None
) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    for url in (
        reverse("admin:imports_importjob_export", args=["customers", "csv"]),
        reverse("admin:imports_importjob_add"),
    ):
        assert client.get(url).status_code == 403


def test_staff_who_may_not_count_stock_import_none(
    client: Client, alice: User, shop_data: list[Product]
) -> None:
    alice.is_staff = True
    alice.save()
    names = ["add_importjob", "view_importjob", "change_stockrecord", "view_stockrecord"]
    alice.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(alice)
    file = SimpleUploadedFile("x.csv", b"sku,supplier,on_hand\n0012,,5\n")
    data = {"dataset": "stock", "mode": "update", "file": file}
    answer = client.post(reverse("admin:imports_importjob_add"), data)
    assert "dataset" in answer.context["form"].errors
    assert not ImportJob.objects.exists()
