"""Each field of an admin form has a name that a screen reader speaks."""

import pytest
from django.test import Client


@pytest.mark.parametrize(
    ("url", "name", "label"),
    [
        ("/admin/catalogue/attributeoptiongroup/add/", "options-0-option", "Option"),
        ("/admin/catalogue/productclass/add/", "attributes-0-type", "Type"),
        ("/admin/policies/notice/add/", "starts_at_0", "Shown from: date"),
        ("/admin/policies/notice/add/", "starts_at_1", "Shown from: time"),
        ("/admin/voucher/voucher/add/", "end_datetime_0", "End datetime: date"),
    ],
)
def test_field_without_a_visible_label_has_a_name(staff: Client, url: str, name: str, label: str):
    page = staff.get(url).content.decode()
    [tag] = [each for each in page.split("<") if f'name="{name}"' in each]
    assert f'aria-label="{label}"' in tag
