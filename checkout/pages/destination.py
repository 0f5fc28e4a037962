"""The destination that a visitor chose: in the session, never guessed from the IP address."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.countries import countries
from accounts.provinces import clean_province, provinces
from checkout.pages.checkout.answers import stored_answers
from checkout.shipping.destination import Destination
from microflight.core.page_cache import process_cached


def chosen_destination(request: Any) -> Destination | None:
    """Return the destination that the visitor chose, or typed at checkout; None without a country.

    What checkout has not validated yet and is no province is left out.
    """
    answers = stored_answers(request)
    if not (country := answers.get("country", "")):
        return None
    try:
        province = clean_province(country, answers.get("province", ""))
    except ValidationError:
        province = ""
    return Destination(country, province, answers.get("postcode", ""))


def shipping_countries(request: HttpRequest) -> dict[str, str]:
    """Return code and name of the countries that we ship to."""
    offered = countries().filter(is_shipping_country=True)
    return process_cached(
        request, "shipping countries", lambda: {each.pk: str(each) for each in offered}
    )


def place_name(request: HttpRequest, to: Destination) -> str:
    """Return the name of a destination, such as “Quebec, Canada”; "" if we do not ship there."""
    country = shipping_countries(request).get(to.country, "")
    province = dict(provinces(to.country)).get(to.province, "")
    return f"{province}, {country}" if country and province else country
