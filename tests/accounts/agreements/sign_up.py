"""The sign-up page, for tests of registration."""

import re

from django.test import Client

PASSWORD = "dihedral-wing-3.6"
DORA = {
    "first_name": "Dora",
    "last_name": "Kite",
    "email": "dora@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}
SIGN_UP = "/account/signup/"


def fingerprint(html: str) -> str:
    """Return the hidden field of a page that says which policies it showed."""
    found = re.search(r'name="policies" value="([^"]*)"', html)
    assert found is not None
    return found[1]


def form_of(client: Client) -> dict[str, str]:
    """The sign-up page, filled in and checked."""
    page = client.get(SIGN_UP).content.decode()
    return {**DORA, "policies": fingerprint(page), "agreed": "on"}
