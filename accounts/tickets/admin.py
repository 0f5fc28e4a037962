"""Tickets in the admin: a list, and a page with the text and the actions."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from stdnum import damm

from accounts.tickets.models import Ticket, TicketState
from microflight.core.action_view import ActionForm, RecordAdmin
from microflight.core.admin_base import ChoiceFilter


class StateFilter(ChoiceFilter):
    """Open and closed tickets."""

    title = _("state")
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(state=state.value)) for state in TicketState
    )


class _ChangeState(ActionForm):
    permission = "tickets.change_ticket"
    old: ClassVar[str]
    new: ClassVar[str]

    @classmethod
    def is_available(cls, subject: Ticket) -> bool:
        return subject.state == cls.old

    def perform(self, by: Any) -> str:
        Ticket.objects.filter(pk=self.subject.pk).update(state=self.new)
        return gettext("The ticket was changed.")


class CloseForm(_ChangeState):
    """Mark a ticket as answered."""

    title = _("Close ticket")
    button = _("Close ticket")
    consequence = _("It opens again when the customer writes about it.")
    old, new = TicketState.OPEN, TicketState.CLOSED


class ReopenForm(_ChangeState):
    """Open a closed ticket."""

    title = _("Reopen ticket")
    button = _("Reopen ticket")
    old, new = TicketState.CLOSED, TicketState.OPEN


#: The actions on a ticket; higher packages add theirs.
ACTIONS: dict[str, type[ActionForm]] = {"close": CloseForm, "reopen": ReopenForm}


@admin.register(Ticket)
class TicketAdmin(RecordAdmin):
    """Emails to the service address. Staff answer from their mailbox."""

    record_actions = ACTIONS
    record_template = "admin/tickets/ticket/detail.html"
    list_display = ["number", "email", "subject", "state", "last_email_at", "order_number"]
    list_filter = [StateFilter]
    search_fields = ["email", "name", "subject", "text", "order_number"]
    search_help_text = _("Number, email, name or text.")

    @admin.display(description=_("Number"), ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return ticket.number

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find a ticket by its number, too."""
        digits = search_term.strip().upper().removeprefix("T")
        is_number = digits.isascii() and digits.isdecimal() and 1 < len(digits) < 19
        if is_number and damm.is_valid(digits):
            return queryset.filter(pk=int(digits[:-1])), False
        return super().get_search_results(request, queryset, search_term)

    def record_context(self, request: HttpRequest, record: Ticket) -> dict[str, Any]:
        title = gettext("Ticket %(number)s") % {"number": record.number}
        return {"ticket": record, "title": title}
