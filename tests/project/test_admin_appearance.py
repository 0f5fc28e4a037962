"""What staff read in the admin: one date format, names instead of codes; and quiet logs."""

import logging
import sys
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.formats import localize

from catalog.models import Product
from microflight.core.log_formatters import RedactingFormatter
from tests.catalog import factories
from tests.project.admin_rows import ROWS


def test_dates_have_one_format() -> None:
    assert localize(datetime(2026, 12, 4, 15, 5, tzinfo=UTC)) == "4 Dec 2026, 15:05"
    assert localize(datetime(2026, 12, 4).date()) == "4 Dec 2026"


def test_outbox_shows_types_by_name(staff: Client) -> None:
    message = ROWS["mail.Message"](1)
    type(message).objects.update(email_type="shipment-sent")
    page = staff.get(reverse("admin:mail_message_changelist")).content.decode()
    assert '<td data-label="Type" class="field-type">Shipment sent</td>' in page
    assert '<a href="?email_type=shipment-sent">Shipment sent</a>' in page
    url = reverse("admin:mail_message_change", args=[message.pk])
    assert "Shipment sent, user:1" in staff.get(url).content.decode()


def test_duplicate_sku_is_called_a_sku(db: None) -> None:
    one = factories.product("Receiver", sku="RX-4")
    Product.objects.filter(pk=one.pk).update(upc="RX-4")
    with pytest.raises(ValidationError) as error:
        Product(title="Other", upc="RX-4", product_class=one.product_class).validate_unique()
    assert error.value.message_dict == {"upc": ["Another product has this SKU."]}


def test_empty_list_says_what_to_do_next(staff: Client) -> None:
    url = reverse("admin:content_page_changelist")
    assert '<a href="/admin/content/page/add/">Add the first one</a>' in _text(staff, url)
    assert '<a href="?">Clear search and filters</a>' in _text(staff, f"{url}?q=zzz")


def _text(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_product_image_is_no_link_without_text(staff: Client) -> None:
    product = ROWS["catalogue.Product"](1)
    page = _text(staff, reverse("admin:catalogue_product_changelist"))
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    assert page.count(f'href="{url}"') == 1


@pytest.mark.parametrize(("status", "is_logged"), [(403, False), (400, False), (500, True)])
def test_traceback_is_logged_for_errors_only(status: int, is_logged: bool) -> None:
    try:
        raise PermissionError
    except PermissionError:
        info = sys.exc_info()
    record = logging.LogRecord("django.request", 30, "x.py", 1, "Forbidden", (), info)
    record.status_code = status
    text = RedactingFormatter("%(message)s").format(record)
    assert ("Traceback" in text) is is_logged
    assert record.exc_info is info  # for other handlers
