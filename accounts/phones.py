"""Phone numbers, with their extensions. Text that is neither is rejected, never dropped."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from microflight.core.numbers import fold_digits
from microflight.core.text import one_line

#: "306-955-1836 ext. 12", "x12", "poste 12", "#12", "local 12", ",12" from a phone's keypad, "(12)"
_EXTENSION = re.compile(
    r"[\s,;(]*(?:\b(?:extension|extn?|xtn|poste|post|local|loc|int|anexo)\b|(?<![a-z])ext|x|×|#"
    r"|(?<=\s)p|[,;])(?:[\s.:=#-]|no\.?)*(\d{1,7})\)?$",
    re.IGNORECASE,
)
#: A slash after the area code: "030/901820".
_AREA_CODE = re.compile(r"^([+(\s]*(?:\d[()\s.-]*){2,6})/(?=(?:\D*\d){5})")
#: The library drops other text without a word. Three or more letters are digits: 1-800-FLOWERS.
_ONE_NUMBER = re.compile(r"[+(\s]*\d[\d\s().-]*(?:[a-z][\d\s().-]*){3,}|[+(\s]*\d[\d\s().-]*", re.I)

_WRONG = _("Enter a phone number; outside Canada and the US, with + and the country code.")
_MORE = _(
    "Enter one phone number, with an extension if needed, such as 306-955-1836 ext. 12; outside "
    "Canada and the US, with + and the country code."
)


def clean_phone(country: str, phone: str) -> str:
    """Return a phone number as +13069551836, "+13069551836 ext. 12", or "" for none.

    Without a leading + it is read as a number of `country` (ISO2). Its length is checked, not its
    area code: new ones come into use. Raises ValidationError.
    """
    typed = one_line(fold_digits(phone))
    if not typed:
        return ""
    extension = _EXTENSION.search(typed)
    body = typed[: extension.start()] if extension else typed
    number = _parse(body, country)
    if number is None or (extension and re.search("[a-z]", body, re.IGNORECASE)):
        raise ValidationError(_WRONG if len(re.findall(r"\d", typed)) < 10 else _MORE, code="phone")
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{text} ext. {int(extension[1]):0{len(extension[1])}d}" if extension else text


def _parse(body: str, country: str) -> phonenumbers.PhoneNumber | None:
    body = _AREA_CODE.sub(r"\1-", body)
    if not _ONE_NUMBER.fullmatch(body):
        return None
    try:
        number = phonenumbers.parse(body, country or None)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number)
    is_complete = possible == phonenumbers.ValidationResult.IS_POSSIBLE
    return number if is_complete and not number.extension else None
