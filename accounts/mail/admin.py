"""The outbox for staff: sent and failed emails, resending, previews of every email type."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.mail.email_previews import EmailPreviewsMixin, sandboxed
from accounts.mail.models import Message, MessageState
from accounts.mail.services import resend, resend_many
from accounts.mail.template_admin import EmailTemplateAdmin
from accounts.mail.type_filter import TypeFilter
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin
from microflight.core.security_headers import allow_own_frames

__all__ = ["EmailTemplateAdmin", "MessageAdmin"]

MAY_RESEND = "mail.change_message"


class BouncedFilter(ChoiceFilter):
    """Emails that bounced."""

    title = _("bounces")
    parameter_name = "bounces"
    choices_with_conditions = (("bounced", _("Bounced"), ~Q(bounced_at=None)),)


@admin.register(Message)
class MessageAdmin(EmailPreviewsMixin, ReadOnlyAdmin):
    """Rows are written by the shop; staff read and resend them."""

    list_display = ["subject_line", "recipient", "type", "status", "created_at", "sent_at"]
    list_filter = ["state", BouncedFilter, TypeFilter]
    actions = ["resend_failed"]
    change_list_template = "admin/mail/message/list.html"
    search_fields = ["recipient", "subject_id", "subject"]
    search_help_text = _("Email address, subject, or reference (order:100017).")
    date_hierarchy = "created_at"
    show_full_result_count = False
    change_form_template = "admin/mail/message/email.html"
    fields = ["type", "subject_id", "recipient", "state", "attempts", "last_error"]

    @admin.display(description=_("Subject"), ordering="subject")
    def subject_line(self, message: Message) -> str:
        """Return the subject, or type and reference while it is not rendered yet."""
        return message.subject or str(message)

    @admin.display(description=_("Type"), ordering="email_type")
    def type(self, message: Message) -> str:
        """Return the type as staff read it."""
        return message.type_name

    @admin.display(description=_("State"), ordering="state")
    def status(self, message: Message) -> str:
        """Return the state, or that the email bounced."""
        return gettext("Bounced") if message.bounced_at else message.get_state_display()

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may resend emails."""
        return request.user.has_perm(MAY_RESEND)

    @admin.action(description=_("Resend failed and bounced emails"), permissions=["resend"])
    def resend_failed(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Resend the selected emails that failed or bounced, and no others."""
        resent = resend_many(queryset.filter(Q(state=MessageState.FAILED) | ~Q(bounced_at=None)))
        others = queryset.count() - resent
        text = ngettext("%(n)d email queued again.", "%(n)d emails queued again.", resent)
        messages.success(request, text % {"n": resent})
        if others:
            text = ngettext(
                "%(n)d email skipped: it was delivered or is still queued.",
                "%(n)d emails skipped: they were delivered or are still queued.",
                others,
            )
            messages.info(request, text % {"n": others})

    def get_urls(self) -> list[Any]:
        """Add the previews, the resend action and the page with an email's HTML."""
        view = self.admin_site.admin_view
        return [
            *self.preview_urls(),
            path("<int:pk>/resend/", view(self.resend_view), name="mail_message_resend"),
            path("<int:pk>/html/", view(self.html_view), name="mail_message_html"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the email instead of a form."""
        context["may_resend"] = request.user.has_perm(MAY_RESEND)
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return an email's HTML for a sandboxed frame: customers' text must not run scripts in
        the admin."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = get_object_or_404(Message, pk=pk)
        if not message.body_html:
            raise Http404
        return sandboxed(message.body_html)

    @method_decorator(require_POST)
    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue an email again."""
        if not request.user.has_perm(MAY_RESEND):
            raise PermissionDenied
        message = get_object_or_404(Message, pk=pk)
        if resend(message):
            text = gettext("The email to %(recipient)s is queued again.")
            messages.success(request, text % {"recipient": message.recipient})
        else:
            messages.info(request, _("This email is already queued."))
        # The button is on the email's own page and on orders.
        page = request.POST.get("next", "")
        if not (page.startswith("/admin/") and url_has_allowed_host_and_scheme(page, None)):
            page = reverse("admin:mail_message_change", args=[pk])
        return HttpResponseRedirect(page)
