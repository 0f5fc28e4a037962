"""The outbox for staff: what went to whom, and sending it again."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.mail.every_letter import EveryLetterMixin, framed
from accounts.mail.models import Message, MessageState
from accounts.mail.services import resend, resend_many
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin
from microflight.core.security_headers import allow_own_frames

MAY_RESEND = "mail.change_message"


class CameBackFilter(ChoiceFilter):
    """Letters that a mail server returned later."""

    title = "arrival"
    parameter_name = "arrival"
    choices_with_conditions = (("came-back", "Came back", ~Q(returned_at=None)),)


@admin.register(Message)
class MessageAdmin(EveryLetterMixin, ReadOnlyAdmin):
    """Rows are written by the shop; staff read them and send them again."""

    list_display = ["subject_line", "recipient", "kind", "standing", "created_at", "sent_at"]
    list_filter = ["state", CameBackFilter, "kind"]
    actions = ["resend_failed"]
    change_list_template = "admin/mail/message/list.html"
    search_fields = ["recipient", "subject_id", "subject"]
    search_help_text = "Address, subject, or what it is about (order:100017)."
    date_hierarchy = "created_at"
    show_full_result_count = False
    change_form_template = "admin/mail/message/letter.html"
    fields = ["kind", "subject_id", "recipient", "state", "attempts", "last_error"]

    @admin.display(description="Subject", ordering="subject")
    def subject_line(self, message: Message) -> str:
        """Return the subject, or the cause while it is not rendered yet."""
        return message.subject or f"{message.kind}, {message.subject_id}"

    @admin.display(description="State", ordering="state")
    def standing(self, message: Message) -> str:
        """Return where the letter stands, and that it came back."""
        came_back = ", came back" if message.returned_at else ""
        return f"{message.get_state_display()}{came_back}"

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may send letters again."""
        return request.user.has_perm(MAY_RESEND)

    @admin.action(description="Send again what was given up or came back", permissions=["resend"])
    def resend_failed(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Send the selected letters again that did not arrive; who has a letter gets no second."""
        lost = queryset.filter(Q(state=MessageState.FAILED) | ~Q(returned_at=None))
        again = resend_many(lost)
        others = queryset.count() - again
        messages.success(request, f"{again} mail{pluralize(again)} on the way again.")
        if others:
            words = "was left alone: it" if others == 1 else "were left alone: they"
            messages.info(request, f"{others} {words} arrived, or wait to be sent already.")

    def get_urls(self) -> list[Any]:
        """Add the page that sends a letter again, its HTML, and the pages of every letter."""
        view = self.admin_site.admin_view
        return [
            *self.every_letter_urls(),
            path("<int:pk>/resend/", view(self.resend_view), name="mail_message_resend"),
            path("<int:pk>/html/", view(self.html_view), name="mail_message_html"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the letter instead of a form."""
        context["may_resend"] = request.user.has_perm(MAY_RESEND)
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a letter's HTML as its reader sees it. It stands in a sandboxed frame: what a
        customer wrote into an order must not run, or act, in the admin."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = get_object_or_404(Message, pk=pk)
        if not message.body_html:
            raise Http404
        return framed(message.body_html)

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue a letter again; POST only."""
        return _resend(request, pk)


@require_POST
def _resend(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm(MAY_RESEND):
        raise PermissionDenied
    message = get_object_or_404(Message, pk=pk)
    if message.state in (MessageState.SENT, MessageState.FAILED):
        resend(message)
        messages.success(request, f"The mail to {message.recipient} is on its way again.")
    else:
        messages.info(request, "This mail waits to be sent already.")
    return HttpResponseRedirect(_back(request, pk))


def _back(request: HttpRequest, pk: int) -> str:
    """Return the page that the button stood on: the letter's, or an order's."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/admin/") and url_has_allowed_host_and_scheme(wanted, None):
        return wanted
    return reverse("admin:mail_message_change", args=[pk])
