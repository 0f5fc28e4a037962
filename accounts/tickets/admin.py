"""Tickets in the admin: a list, and a page with the text and the actions."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from stdnum import damm

from accounts.tickets import replies
from accounts.tickets.models import Ticket, TicketState
from microflight.core.action_view import ActionForm, RecordAdmin, seen_field
from microflight.core.admin_base import ChoiceFilter
from microflight.core.errors import ServiceError


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


class ReplyForm(ActionForm):
    """Answer by email, close the ticket, and open the one that waits the longest."""

    permission = "tickets.change_ticket"
    title = _("Reply")
    button = _("Send and open next ticket")
    consequence = _("The reply is emailed, and the ticket is closed.")
    text = forms.CharField(
        label=_("Your reply"), max_length=10_000, widget=forms.Textarea({"rows": 8})
    )
    keep_open = forms.BooleanField(label=_("Keep the ticket open"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"] = seen_field(replies.version_of(self.subject), forms.CharField)

    @property
    def next_subject(self) -> Ticket | None:
        """Return the next open ticket; if there is none, the list follows."""
        return Ticket.objects.next_open(other_than=self.subject)

    def perform(self, by: Any) -> str:
        try:
            replies.reply_to(ticket=self.subject, by=by, **self.cleaned_data)
        except ServiceError:  # the next try is compared with the ticket as it is now
            self.data = cast(QueryDict, self.data).copy()
            self.data["seen"] = replies.version_of(Ticket.objects.get(pk=self.subject.pk))
            raise
        return gettext("Reply sent to %(email)s.") % {"email": self.subject.email}


#: What higher packages add to a ticket's page: functions of the request and the ticket.
PAGE_CONTEXT: list[Callable[[HttpRequest, Ticket], dict[str, Any]]] = []
#: The actions on a ticket; higher packages add theirs.
ACTIONS: dict[str, type[ActionForm]] = {
    "reply": ReplyForm,
    "close": CloseForm,
    "reopen": ReopenForm,
}


@admin.register(Ticket)
class TicketAdmin(RecordAdmin):
    """Emails to the service address, which staff answer here or from their mailbox."""

    record_actions = ACTIONS
    record_template = "admin/tickets/ticket/detail.html"
    list_display = ["number", "email", "subject", "state", "last_email_at", "order_number"]
    list_filter = [StateFilter]
    search_fields = ["email", "name", "subject", "text", "order_number"]
    search_help_text = _("Number, email, name or text.")

    def get_urls(self) -> list[Any]:
        """Add the URL that opens the next ticket to answer."""
        view = self.admin_site.admin_view(self.next_view)
        return [path("next/", view, name="tickets_ticket_next"), *super().get_urls()]

    def next_view(self, request: HttpRequest) -> HttpResponse:
        """Open the ticket that waits the longest, or the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.page_url(Ticket.objects.next_open()))

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
        context: dict[str, Any] = {"ticket": record, "title": title}
        if ReplyForm.is_permitted(request.user):
            context["form"] = ReplyForm(subject=record)
        for add in PAGE_CONTEXT:
            context |= add(request, record)
        return context
