"""Signed links in emails: one confirms an address, one ends its subscription.

They contain the ID of a row: an email address would end up in every server's log.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from microflight.core.errors import LinkExpired


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """The links of one package, which has views named `confirm` and `cancel`."""

    namespace: str  # of the views
    salt: str
    confirm_within: timedelta = timedelta(hours=48)

    def confirm_url(self, pk: int) -> str:
        """Return the absolute URL that confirms the email address of a row."""
        token = signing.TimestampSigner(salt=f"{self.salt}-confirm").sign(str(pk))
        return settings.SITE_URL + reverse(f"{self.namespace}:confirm", args=[token])

    def read_confirm(self, token: str) -> int | None:
        """Return a link's ID, None if it is not ours; raises LinkExpired."""
        signer = signing.TimestampSigner(salt=f"{self.salt}-confirm")
        try:
            text = signer.unsign(token, max_age=self.confirm_within)
        except signing.SignatureExpired as error:
            raise LinkExpired from error
        except signing.BadSignature:
            return None
        return int(text)

    def cancel_url(self, pk: int) -> str:
        """Return the absolute URL that ends the subscription of a row."""
        token = signing.Signer(salt=f"{self.salt}-cancel").sign(str(pk))
        return settings.SITE_URL + reverse(f"{self.namespace}:cancel", args=[token])

    def read_cancel(self, token: str) -> int | None:
        """Return a link's ID, None if it is not ours. It does not expire."""
        try:
            return int(signing.Signer(salt=f"{self.salt}-cancel").unsign(token))
        except signing.BadSignature:
            return None
