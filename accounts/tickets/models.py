"""Tickets: emails that people answer."""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _
from stdnum import damm

#: The most characters of a ticket; the oldest are dropped.
MAX_TICKET = 100_000
_REFERENCE = re.compile(r"\bT(\d{2,18})\b", re.IGNORECASE)


class TicketState(models.TextChoices):
    """Whether staff have to answer."""

    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class TicketQuerySet(models.QuerySet["Ticket"]):
    def next_open(self, *, other_than: "Ticket | None" = None) -> "Ticket | None":
        """Return the open ticket that waits the longest."""
        waiting = self.filter(state=TicketState.OPEN).exclude(pk=other_than and other_than.pk)
        return waiting.order_by("last_email_at", "pk").first()

    def named_in(self, text: str) -> "Ticket | None":
        """Return the ticket whose number is in a text, if its check digit is right."""
        for digits in _REFERENCE.findall(text):
            if damm.is_valid(digits) and (found := self.filter(pk=int(digits[:-1])).first()):
                return found
        return None


class Ticket(models.Model):
    """An email to the service address, and those that followed about it.

    `text` is plain text without card numbers; each later email is added at its end.
    """

    email = models.EmailField(_("email"))
    name = models.CharField(_("name"), max_length=255, blank=True)
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(
        _("state"), max_length=6, choices=TicketState.choices, default=TicketState.OPEN
    )
    # hashes of the first email and of later ones: the same one again changes nothing
    event_id = models.CharField(max_length=64, unique=True, editable=False)
    event_ids = models.JSONField(default=list, editable=False)
    has_attachments = models.BooleanField(
        default=False, editable=False, help_text=_("They are in the mailbox.")
    )
    order_number = models.CharField(
        _("order"), max_length=32, blank=True, editable=False, help_text=_("Created from it.")
    )
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    last_email_at = models.DateTimeField(db_index=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return "T", the ID and its check digit, such as T100."""
        return f"T{self.pk}{damm.calc_check_digit(str(self.pk))}"
