"""The account pages. Bob sees none of Alice's."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oscar.apps.address.models import Country, UserAddress

from accounts.users.models import User
from tests.accounts.login import code_of

pytestmark = pytest.mark.django_db

TYPED = {
    "first_name": "Alice",
    "last_name": "Moth",
    "line1": "12 Elevator Rd",
    "line2": "",
    "city": "Saskatoon",
    "country": "CA",
    "province": "Saskatchewan",
    "postcode": "s7h0s3",
    "phone": "306 955 1836",
}


@pytest.fixture(autouse=True)
def _canada(db: None) -> None:
    names = {"printable_name": "Canada", "is_shipping_country": True}
    Country.objects.get_or_create(pk="CA", defaults=names)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """A browser in which Alice is logged in."""
    client.force_login(alice)
    return client


def _add(client: Client, **changes: str) -> UserAddress:
    client.post(reverse("customer:address-add"), {**TYPED, **changes})
    return UserAddress.objects.latest("pk")


@pytest.mark.parametrize("name", ["summary", "profile", "address-list", "address-add"])
def test_guest_is_sent_to_login(client: Client, name: str) -> None:
    page = reverse(f"customer:{name}")
    assert client.get(page).url == f"{reverse('account_login')}?next={page}"


def test_account_pages_are_not_cached(alices: Client) -> None:
    answer = alices.get(reverse("customer:summary"))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.promise("correction")
def test_profile_changes_name_only(alices: Client, alice: User) -> None:
    sent = {"first_name": "Alicia", "last_name": "Moth", "email": "eve@example.com"}
    alices.post(reverse("customer:profile"), sent)
    alice.refresh_from_db()
    assert (alice.first_name, alice.email) == ("Alicia", "alice@example.com")


def test_empty_address_book_links_to_form(alices: Client) -> None:
    page = alices.get(reverse("customer:address-list")).content.decode()
    assert "No addresses yet" in page
    assert reverse("customer:address-add") in page


def test_first_address_is_normalized_and_default(alices: Client, alice: User) -> None:
    address = _add(alices)
    assert (address.user, address.state, address.postcode) == (alice, "SK", "S7H 0S3")
    assert str(address.phone_number) == "+13069551836"
    assert address.is_default_for_shipping
    assert "12 Elevator Rd" in alices.get(reverse("customer:summary")).content.decode()


def test_phone_extension_is_stored_and_shown(alices: Client) -> None:
    address = _add(alices, phone="306-955-1836 poste 12")
    assert address.phone_number.as_international == "+1 306-955-1836 ext. 12"
    assert "ext. 12" in alices.get(reverse("customer:summary")).content.decode()
    edit = reverse("customer:address-edit", args=[address.pk])
    assert 'value="+1 306-955-1836 ext. 12"' in alices.get(edit).content.decode()
    # Mutation: without PHONENUMBER_DB_FORMAT the extension is lost


def test_same_address_is_not_added_twice(alices: Client) -> None:
    _add(alices)
    page = alices.post(reverse("customer:address-add"), TYPED)
    assert "This address is already in your address book" in page.content.decode()
    assert UserAddress.objects.count() == 1


CHECK = "/account/addresses/check/"


def test_check_returns_errors_of_filled_fields(client: Client) -> None:
    typed = {**TYPED, "province": "Ontaro", "postcode": "", "phone": "306-955-1836 mornings"}
    errors = client.post(CHECK, typed).json()["errors"]
    assert errors["province"] == ["“Ontaro” is unknown. Did you mean Ontario?"]
    assert errors["postcode"] == errors["postcode_as_typed"] == []
    assert errors["phone"][0].startswith("Enter one phone number, with an extension if needed")
    assert client.post(CHECK, {}).json()["errors"]["province"] == []
    assert client.post(CHECK, {"country": "\x00", "province": "\x00"}).status_code == 200
    assert client.get(CHECK).status_code == 405


def test_check_asks_about_a_strange_postcode(client: Client) -> None:
    Country.objects.create(pk="FR", printable_name="France", is_shipping_country=True)
    typed = {**TYPED, "country": "FR", "province": "", "phone": "", "postcode": "abc"}
    errors = client.post(CHECK, typed).json()["errors"]
    assert errors["postcode"] == ["Postal codes in this country look like 33380."]
    assert errors["postcode_as_typed"] == ["If it is correct, check this box."]
    confirmed = client.post(CHECK, typed | {"postcode_as_typed": "FR ABC"}).json()["errors"]
    assert confirmed["postcode"] == confirmed["postcode_as_typed"] == []


def test_invalid_address_shows_error_at_field(alices: Client) -> None:
    page = alices.post(reverse("customer:address-add"), {**TYPED, "postcode": "K1A 0B1"})
    assert "K1A 0B1 is not in Saskatchewan." in page.content.decode()
    assert not UserAddress.objects.exists()


@pytest.mark.promise("correction")
def test_address_is_edited(alices: Client) -> None:
    address = _add(alices)
    edit = reverse("customer:address-edit", args=[address.pk])
    assert 'value="12 Elevator Rd"' in alices.get(edit).content.decode()
    alices.post(edit, {**TYPED, "line1": "14 Elevator Rd"})
    address.refresh_from_db()
    assert address.line1 == "14 Elevator Rd"
    assert UserAddress.objects.count() == 1


def test_other_address_becomes_default(alices: Client) -> None:
    first, second = _add(alices), _add(alices, line1="3 Aileron Cres")
    assert not second.is_default_for_shipping
    alices.post(reverse("customer:address-default", args=[second.pk]))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_default_for_shipping, second.is_default_for_shipping) == (False, True)


@pytest.mark.promise("correction")
def test_address_is_deleted_by_post_only(alices: Client) -> None:
    address = _add(alices)
    remove = reverse("customer:address-delete", args=[address.pk])
    alices.get(remove)
    assert UserAddress.objects.count() == 1
    alices.post(remove)
    assert not UserAddress.objects.exists()


@pytest.mark.parametrize("name", ["address-edit", "address-delete", "address-default"])
def test_other_customers_address_is_404(alices: Client, bob: User, name: str) -> None:
    address = _add(alices)
    before = UserAddress.objects.values().get()
    bobs = Client()
    bobs.force_login(bob)
    page = reverse(f"customer:{name}", args=[address.pk])
    assert bobs.post(page, {**TYPED, "line1": "Bob's"}).status_code == 404
    assert UserAddress.objects.values().get() == before


@pytest.mark.parametrize("name", ["account_email", "account_change_password", "mfa_index"])
def test_allauth_pages_use_our_layout(alices: Client, name: str) -> None:
    page = alices.get(reverse(name), follow=True).content.decode()
    assert 'class="site-header"' in page


def test_two_factor_authentication_is_turned_on_and_off(alices: Client, alice: User) -> None:
    def prove(answer: Any) -> Any:
        return alices.post(answer.url, {"password": "pass-alice-3.6"}, follow=True)

    page = prove(alices.get(reverse("mfa_activate_totp")))
    secret = page.context["form"].secret
    done = alices.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    codes = alices.get(reverse("mfa_view_recovery_codes"))
    assert done.status_code == codes.status_code == 200
    assert codes.content.decode().count("<code>") == 10
    assert "It is on" in alices.get(reverse("mfa_index")).content.decode()
    alices.post(reverse("mfa_deactivate_totp"))
    assert "It is off" in alices.get(reverse("mfa_index")).content.decode()
