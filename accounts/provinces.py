"""Provinces and states of Canada and the US: their codes, names, and other ways to write them.

Addresses store the two-letter postal code. Names are matched without accents, punctuation and
capitals, so "N.-É.", "Nouvelle-Écosse" and "nova scotia" are all NS.
"""

import difflib
import re
from functools import cache
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from microflight.core.seed_rows import read_toml
from microflight.core.text import fold

#: By country (ISO2) and code: the name, then other spellings.
_SPELLINGS: dict[str, dict[str, list[str]]] = read_toml(Path(__file__).with_name("provinces.toml"))
CANADA, UNITED_STATES = (
    {code: spellings[0] for code, spellings in _SPELLINGS[country].items()}
    for country in ("CA", "US")
)

#: The US territories that are countries in ISO 3166: addresses store the US and this code.
US_TERRITORIES = {
    "AS": "American Samoa",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "PR": "Puerto Rico",
    "UM": "U.S. Minor Outlying Islands",
    "VI": "U.S. Virgin Islands",
}

_COUNTRY_NAMES = {"", "canada", "us", "usa", "unitedstates", "unitedstatesofamerica", "etatsunis"}
_BEFORE = re.compile(
    r"^(?:the |la |l['’])?(?:province|state|commonwealth|territory|territoire|etat) (?:of|de|du) "
)
_AFTER = re.compile(
    r"[ ,]+(?:state|province|canada|u\.?s\.?a?\.?|(?:the )?united states(?: of america)?"
    r"|etats-unis)$"
)


def provinces(country: str) -> list[tuple[str, str]]:
    """Return (code, name) of each province or state of a country (ISO2), sorted by name.

    Canada and the US have a list, and a US territory has its own name. Elsewhere a province is
    free text and may be empty.
    """
    if country in US_TERRITORIES:
        return [(country, US_TERRITORIES[country])]
    return [(code, names[0]) for code, names in _SPELLINGS.get(country, {}).items()]


def normalize_place(country: str, province: str) -> tuple[str, str]:
    """Return the country and province as stored: a US territory is a part of the US."""
    return ("US", country) if country in US_TERRITORIES else (country, province)


def _words(text: str) -> list[str]:
    """Return the words of a name, without accents, punctuation and capitals."""
    plain = fold(re.sub("[\u02bb\u02bc]", "", text.replace("&", " and ")))  # Hawaiian letters
    return re.findall(r"[^\W\d_]+", plain)


def _plain(text: str) -> str:
    """Return the letters of a name."""
    return "".join(_words(text))


@cache
def _codes(country: str) -> dict[str, str]:
    """Return the code of each known spelling, as `_plain` gives it."""
    return {
        _plain(text): code
        for code, spellings in _SPELLINGS[country].items()
        for text in (code, *spellings)
    }


def _code(country: str, typed: str) -> str:
    """Return the code of a name as typed, or "". "SK, Saskatchewan" names one province twice."""
    codes, text = _codes(country), fold(" ".join(typed.split()))
    short = _BEFORE.sub("", _AFTER.sub("", text))
    for spelling in (text, short):
        if code := codes.get(_plain(spelling), ""):
            return code
    for parts in (re.split(r"[(),/–]| - ", text), short.rsplit(" ", 1)):
        found = {codes.get(part, "") for part in set(map(_plain, parts)) - _COUNTRY_NAMES}
        if len(found) == 1 and "" not in found:
            return found.pop()
    found = _abbreviated(country, short)
    return found.pop() if len(found) == 1 else ""


def _abbreviated(country: str, typed: str) -> set[str]:
    """Return the codes of names of two or more words that begin as the typed ones: "N. Car."."""
    typed_words = _words(typed)
    if len(typed_words) < 2:
        return set()
    return {
        code
        for code, spellings in _SPELLINGS[country].items()
        for words in map(_words, spellings)
        if len(words) == len(typed_words) and all(map(str.startswith, words, typed_words))
    }


def clean_province(country: str, province: str) -> str:
    """Return the code of a province as typed; raise ValidationError if it is unknown.

    Without a list the text is returned as it is.
    """
    choices = dict(provinces(country))
    if not choices:
        return province.strip()
    if country in US_TERRITORIES and not province.strip():
        return country
    code = _code("US" if country in US_TERRITORIES else country, province)
    if code not in choices:
        raise _unknown(country, province)
    return code


def _unknown(country: str, typed: str) -> ValidationError:
    """Return the error for a province that a country does not have, with a suggestion."""
    params = {"typed": typed.strip()}
    if country in US_TERRITORIES:
        text = _("Leave this empty for %(place)s, or choose another country.")
        params["place"] = US_TERRITORIES[country]
    elif not params["typed"]:
        text = _("Enter the province or state.")
    elif close := difflib.get_close_matches(_plain(typed), _codes(country), n=1, cutoff=0.75):
        text = _("“%(typed)s” is unknown. Did you mean %(name)s?")
        params["name"] = dict(provinces(country))[_codes(country)[close[0]]]
    elif country == "CA" and _code("US", typed):
        text = _(
            "Enter a Canadian province or territory, or choose the United States for “%(typed)s”."
        )
    elif country == "US" and _code("CA", typed):
        text = _("Enter a US state, or choose Canada for “%(typed)s”.")
    elif country == "CA":
        text = _("Enter a Canadian province or territory, by name or two-letter code.")
    else:
        text = _("Enter a US state, by name or two-letter code.")
    return ValidationError(text, code="province", params=params)
