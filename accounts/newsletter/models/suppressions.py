"""Addresses that are not written to, whatever a list says. Kept without the address itself."""

import hashlib
from contextlib import suppress

from django.db import models
from django.utils import timezone


def normal(email: str) -> str:
    """Return an address as it is stored and compared: without edges, in lower case, its domain in
    punycode. Mail servers and providers write it so; another spelling is no other mailbox."""
    local, at, domain = email.strip().lower().rpartition("@")
    with suppress(UnicodeError):  # no domain: compared as it is, and never written to
        domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


def digest_of(email: str) -> str:
    """Return the SHA-256 of an address, in hex: enough to know it again, not to write to it."""
    return hashlib.sha256(normal(email).encode()).hexdigest()


class Reason(models.TextChoices):
    """Why an address is not written to."""

    LEFT = "left", "left"
    HARD_BOUNCE = "hard", "address does not exist"
    SOFT_BOUNCES = "soft", "refused three times"
    COMPLAINT = "complaint", "reported as spam"
    STAFF = "staff", "asked staff never to write again"
    ERASED = "erased", "erased"


class Suppression(models.Model):
    """One address that gets no campaign. Only a new, proved consent of its owner lifts it."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address.")
    reason = models.CharField(max_length=9, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.digest[:8]}"
