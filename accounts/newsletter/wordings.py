"""The words under which people ask for letters. They are stored with each consent, as shown.

Whoever changes a sentence changes what is agreed to from then on; older consents keep theirs.
"""

import hashlib

from accounts.newsletter.models import Source

_LEAVE = "I can leave at any time by a link in each letter."
_USUAL = f"Send me letters about new products, sales, flying tips and shop news. {_LEAVE}"
_TICKED = f"Send me letters about what I have ticked. {_LEAVE}"
#: On the page that says goodbye.
UNDO = f"I did not mean to leave: send me letters about the same topics as before. {_LEAVE}"
#: For an address that had left, on its preference page.
AGAIN = _TICKED

WORDINGS: dict[Source, str] = {
    Source.BOX: _USUAL,
    Source.PAGE: _TICKED,
    Source.CHECKOUT: _USUAL,
    Source.REGISTRATION: _USUAL,
    Source.ACCOUNT: _TICKED,
}


def seal(wording: str) -> str:
    """Return by which a form that comes back tells which words it showed: 8 hex digits."""
    return hashlib.sha256(wording.encode()).hexdigest()[:8]
