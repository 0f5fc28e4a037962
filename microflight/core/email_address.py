"""Which email addresses we accept, and how they are stored.

Any domain, stored in ASCII (punycode), as browsers send it. Only ASCII before the @: most mail
servers do not accept anything else (SMTPUTF8), so an order confirmation would never arrive.
"""

import re
from contextlib import suppress

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from microflight.core.text import one_line

#: Names that are never in the public DNS (RFC 6761, RFC 6762, RFC 7686, RFC 8375, RFC 9476; ICANN
#: delegates no .corp, .home, .lan or .mail), and literals.
_NOT_PUBLIC = re.compile(
    r"(?:^|\.)(?:localhost|localdomain|local|lan|internal|invalid|onion|alt|corp|home|mail|home\.arpa)$|^\["
)
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_MAX_LOCAL = 64  # RFC 5321
_well_formed = EmailValidator(allowlist=[])


def in_ascii(email: str) -> str:
    """Return an address as it is stored: trimmed, its domain in lower case and in punycode.

    Full-width letters of Asian keyboards become ASCII.
    """
    local, at, domain = one_line(email).translate(_HALF_WIDTH).rpartition("@")
    domain = domain.removesuffix(".").lower()
    if not domain.isascii():
        # not Python's own codec: it turns straße.example into strasse.example, another domain
        with suppress(idna.IDNAError):  # no valid domain: it stays, and is rejected
            domain = idna.encode(domain, uts46=True).decode()
    return f"{local}{at}{domain}"


def check_deliverable(email: str) -> None:
    """Raise ValidationError with a clear message if we cannot send email to this address."""
    local, _at, domain = email.rpartition("@")
    if local and not local.isascii():
        strange = next(character for character in local if not character.isascii())
        text = _("We cannot send email to an address with “%(character)s” before the @.")
        raise ValidationError(text, code="not_ascii", params={"character": strange})
    _well_formed(email)
    if len(local) > _MAX_LOCAL:
        raise ValidationError(_well_formed.message, code="invalid")
    if not domain.isascii() or _NOT_PUBLIC.search(domain):
        raise ValidationError(_well_formed.message, code="invalid")
