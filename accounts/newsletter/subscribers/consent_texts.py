"""The texts that people agree to. They are stored with each consent, as shown.

A changed text applies from then on; older consents keep theirs.
"""

import hashlib

from accounts.newsletter.subscribers.models import Source

_UNSUBSCRIBE = "I can unsubscribe at any time with the link in every email."
_DEFAULT = f"Email me about new products, sales, flying tips and shop news. {_UNSUBSCRIBE}"
_CHOSEN = f"Email me about the topics I selected. {_UNSUBSCRIBE}"
#: On the page after unsubscribing.
RESUBSCRIBE = f"Subscribe me again to the same topics as before. {_UNSUBSCRIBE}"

CONSENT_TEXTS: dict[Source, str] = {
    Source.BOX: _DEFAULT,
    Source.PAGE: _CHOSEN,
    Source.CHECKOUT: _DEFAULT,
    Source.REGISTRATION: _DEFAULT,
    Source.ACCOUNT: _CHOSEN,
}


def text_hash(text: str) -> str:
    """Return 8 hex digits by which a form that comes back says which text it showed."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
