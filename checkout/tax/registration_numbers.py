"""Registration numbers of Canadian sales taxes."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from stdnum import exceptions
from stdnum.ca import bn

#: Revenu Québec: 10 digits, TQ, 4 digits. Its check digit is not published.
_QST = re.compile(r"[0-9]{10}TQ[0-9]{4}", re.ASCII)
_OTHER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,18}[A-Z0-9]", re.ASCII)


def registration_number(jurisdiction: str, typed: str) -> str:
    """Return a number without spaces, in capitals: "123456782RT0001".

    Raises ValidationError for the field `number`.
    """
    number = "".join(typed.upper().split())
    if jurisdiction == "CA":
        return _gst_number(number)
    if jurisdiction == "QC" and not _QST.fullmatch(number):
        raise _error(gettext("Enter a QST number as 10 digits, TQ and 4 digits: 1234567890TQ0001."))
    if not _OTHER.fullmatch(number):
        raise _error(gettext("Enter 5 to 20 letters, digits and hyphens."))
    return number


def _gst_number(number: str) -> str:
    """Return a GST/HST account: a business number with check digit, RT and 4 digits."""
    try:
        valid = bn.validate(number)
    except exceptions.InvalidChecksum:
        raise _error(gettext("Check the first nine digits: one of them is mistyped.")) from None
    except exceptions.ValidationError:
        valid = ""
    if valid[9:11] != "RT":
        raise _error(gettext("Enter a GST/HST number as 9 digits and RT0001: 123456782RT0001."))
    return valid


def _error(message: str) -> ValidationError:
    return ValidationError({"number": message})
