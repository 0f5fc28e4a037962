"""Places in rules: countries and parts of them, as text that staff edit. A US territory is a part
of the US here, too: PR is US-PR."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from oscar.apps.address.models import Country

from accounts.provinces import normalize_place, provinces
from checkout.shipping.destination import Destination

_SHOWN = 6
_PLACE = re.compile(
    r"(?P<country>[A-Z]{2})(?:-(?P<province>[A-Z]{1,3})|:(?P<prefix>[A-Z0-9]{1,8}))?"
)


def validate_places(text: str) -> None:
    """Raise ValidationError for a word that is no place: a rule for it would never apply."""
    found = {word: _PLACE.fullmatch(word) for word in text.split()}
    countries = set(Country.objects.values_list("pk", flat=True))
    if wrong := [word for word, place in found.items() if not _exists(place, countries)]:
        message = gettext(
            "“%(word)s” is no place. Write a country (DE), a province or state (CA-QC) or the "
            "start of postal codes (GB:BT)."
        )
        raise ValidationError(message % {"word": wrong[0]})


def tidy_places(text: str) -> str:
    """Return places as they are stored: in capitals, separated by one space."""
    return " ".join(text.upper().split())


def shortened(places: str) -> str:
    """Return the first six places, for lists."""
    names = places.split()
    return " ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _exists(place: re.Match[str] | None, countries: set[str]) -> bool:
    if place is None or (countries and place["country"] not in countries):
        return False  # a shop without countries has none to compare with
    names = dict(provinces(place["country"]))
    return place["province"] is None or place["province"] in names


def is_in(destination: Destination, places: str) -> bool:
    """Return whether a destination is in one of the places, separated by spaces."""
    return any(_matches(destination, place) for place in places.split())


def _matches(destination: Destination, place: str) -> bool:
    found = _PLACE.fullmatch(place)
    if found is None:
        return False
    country, province = normalize_place(found["country"], found["province"])
    if country != destination.country:
        return False
    if found["prefix"]:
        return found["prefix"] in destination.postcode_prefixes
    return province in (None, destination.province)
