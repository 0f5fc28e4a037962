"""Finds card numbers, which the shop never stores: only Stripe's own fields may receive them.

Forms reject a text with a card number (`protect_text_fields`), URLs lose it
(`CardNumberMiddleware`), and what arrives without a form (inbound email, logs) is redacted. See
docs/decisions/030-user-input.md.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext_lazy as _

MESSAGE = _(
    "This looks like a card number. Please remove it: never send us card details here. You pay by "
    "card on our secure payment page only."
)
REDACTED = "[card number removed]"

#: Lengths by issuer prefix (ISO/IEC 7812; the issuers' own BIN ranges, as in Wikipedia's "Payment
#: card number", read on 2026-11-30): Visa and Interac, Mastercard, American Express, Discover,
#: Diners Club, JCB, UnionPay, RuPay, Maestro, Mir.
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|64[4-9]|65"), range(16, 20)),
    (re.compile(r"30[0-5]|3095|3[689]"), range(14, 20)),
    (re.compile(r"35[2-8]"), range(16, 20)),
    (re.compile(r"62|81|60|508"), range(16, 20)),
    (re.compile(r"50|5[6-8]|6304|6759|67677[04]"), range(13, 20)),
    (re.compile(r"220[0-4]"), range(16, 20)),
)
#: Between two digits of a card number: spaces, dashes, dots, slashes, and characters without width.
_BETWEEN = r"[\s\u00ad\u200b-\u200f\u2060\ufeff.\-\u2010-\u2015\u2212_/\u00b7\u2022]{1,3}"
#: Groups of digits of any script, perhaps after a word ("visa4242"). After letters and digits they
#: are part of a code, such as a token or a hash.
_RUN = re.compile(rf"(?<![^\W_])(?:[^\W\d_]*)\d+(?:{_BETWEEN}\d+)*")
#: The longest phone number after "+" (ITU-T E.164).
_PHONE_DIGITS = 15


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where card numbers start and end in a text."""
    for run in _RUN.finditer(text):
        groups = [
            (run.start() + group.start(), run.start() + group.end())
            for group in re.finditer(r"\d+", run[0])
        ]
        digits = sum(end - start for start, end in groups)
        is_phone = text[: run.start()].endswith("+") and digits <= _PHONE_DIGITS
        if digits >= 13 and not is_phone:
            yield from _in_groups(text, groups)


def _in_groups(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the card numbers among groups that follow each other, the longest first."""
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + 19), first, -1):
            some = groups[first:last]
            sizes = [end - start for start, end in some]
            if not 13 <= sum(sizes) <= 19 or not _is_shape(sizes, whole=len(some) == len(groups)):
                continue
            if _is_card("".join(str(int(d)) for start, end in some for d in text[start:end])):
                yield some[0][0], some[-1][1]
                first = last - 1
                break
        first += 1


def _is_shape(sizes: list[int], *, whole: bool) -> bool:
    """Return whether cards are written in such groups: 4-4-4-4, 4-6-5, or all that is there.

    Two phone numbers in a row have as many digits as a card, but in other groups.
    """
    if len(sizes) == 1 or sizes in ([4, 6, 5], [4, 6, 4]):
        return True
    return all(size % 4 == 0 for size in sizes[:-1]) or (whole and sum(sizes) >= _PHONE_DIGITS)


def _is_card(digits: str) -> bool:
    has_issuer = any(
        len(digits) in lengths and prefix.match(digits) for prefix, lengths in _ISSUERS
    )
    return has_issuer and _luhn(digits) and not _is_barcode(digits)


def _luhn(digits: str) -> bool:
    """Return whether the check digit of a card number is right (ISO/IEC 7812-1, annex B)."""
    doubled = (int(each) * 2 for each in digits[-2::-2])
    odd = sum(int(each) for each in digits[-1::-2])
    return (odd + sum(twice - 9 if twice > 9 else twice for twice in doubled)) % 10 == 0


def _is_barcode(digits: str) -> bool:
    """Return whether it is an EAN: 13 digits with the check digit of GS1."""
    if len(digits) != 13:
        return False
    return sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(digits)) % 10 == 0


def has_card_number(text: str) -> bool:
    """Return whether a text contains what looks like a card number."""
    return next(spans(text), None) is not None


def redact_card_numbers(text: str) -> str:
    """Return a text with a note in place of each card number."""
    for start, end in reversed(list(spans(text))):
        text = text[:start] + REDACTED + text[end:]
    return text


def reject_card_number(value: Any) -> None:
    """Raise ValidationError if a text contains a card number."""
    if isinstance(value, str) and has_card_number(value):
        raise ValidationError(MESSAGE, code="card_number")


def protect_text_fields() -> None:
    """Let every text field of every form reject card numbers, also those of Django and allauth.

    Passwords are hashed, so nothing is said about them. A field of long numbers, such as tracking
    numbers, sets `takes_long_numbers`; the test of all forms lists each with its reason.
    """
    run_validators = forms.Field.run_validators

    def checked(field: forms.CharField, value: Any) -> None:
        run_validators(field, value)
        is_password = isinstance(field.widget, forms.PasswordInput)
        if not is_password and not getattr(field, "takes_long_numbers", False):
            reject_card_number(value)

    forms.CharField.run_validators = checked  # type: ignore[method-assign, assignment]


class CardNumberMiddleware:
    """Removes card numbers from the query of a URL, for example a search, with a message."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if request.method in ("GET", "HEAD") and has_card_number(unquote_plus(query)):
            clean = QueryDict(mutable=True)
            for name, values in request.GET.lists():
                texts = [redact_card_numbers(value) for value in values]
                clean.setlist(redact_card_numbers(name), texts)
            if clean != request.GET:
                messages.warning(request, MESSAGE)
                return HttpResponseRedirect(f"{request.path}?{clean.urlencode()}")
        return self.get_response(request)
