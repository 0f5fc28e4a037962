"""The order of countries in every list."""

import pytest
from django.test import Client
from oscar.apps.address.models import Country

from accounts.addresses import AddressFieldsMixin
from accounts.newsletter.subscribers.forms import DetailsForm
from accounts.users.models import User
from checkout.newsletter import _countries
from checkout.pages.checkout.forms import BillingForm, ContactForm

pytestmark = pytest.mark.django_db

NAMES = {
    "CZ": "Czechia", "CI": "Côte d'Ivoire", "HR": "Croatia", "AX": "Åland Islands", "AL": "Albania",
    "TR": "Türkiye", "TT": "Trinidad and Tobago", "RE": "Réunion", "RO": "Romania",
    "CW": "Curaçao", "CU": "Cuba", "CA": "Canada", "US": "United States",
}  # fmt: skip
ORDER = ["CA", "US", "AX", "AL", "CI", "HR", "CU", "CW", "CZ", "RE", "RO", "TT", "TR"]


@pytest.fixture(autouse=True)
def _countries_exist() -> None:
    Country.objects.all().delete()
    for code, name in NAMES.items():
        Country.objects.create(
            pk=code,
            printable_name=name,
            is_shipping_country=True,
            display_order={"CA": 20, "US": 10}.get(code, 0),
        )


@pytest.mark.parametrize("form", [AddressFieldsMixin, ContactForm, BillingForm, DetailsForm])
def test_countries_are_sorted_in_forms(form: type) -> None:
    codes = [str(code) for code, _name in form().fields["country"].choices if code]
    assert codes == ORDER  # Mutation: by the bytes of the name, Czechia is before Côte d'Ivoire


def test_countries_are_sorted_in_the_audience_filter() -> None:
    assert [code for code, _name in _countries().choices] == ORDER  # type: ignore[attr-defined]


def test_countries_are_sorted_in_the_admin(client: Client, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_superuser=True)
    client.force_login(charlie)
    rows = client.get("/admin/address/country/").context["cl"].result_list
    assert [row.pk for row in rows] == ORDER
    page = client.get("/admin/shipping/shippingzone/add/").context["adminform"].form
    assert [str(code) for code, _name in page.fields["countries"].choices] == ORDER
