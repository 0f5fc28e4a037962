"""Admin pages on which staff act on one record: show a form, perform once on POST, log it.

An action is an `ActionForm` that ends in one call of a service. An `ActionAdmin` names its actions
and serves them with an `ActionView`; the record's page links to its `available_actions`. A
`RecordAdmin` has such pages instead of forms, a `DraftAdmin` a form until the record is final.
"""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, cast

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.generic import RedirectView

from microflight.core.admin_base import EditableAdmin, ReadOnlyAdmin, admin_page
from microflight.core.errors import ServiceError

#: How long a submitted page is remembered, in seconds.
SUBMITTED_FOR = 24 * 60 * 60
SUBMITTED_BEFORE = _(
    "You already submitted this page, so nothing was done this time. Check below what happened the "
    "first time, and open the page again if needed."
)


def seen_field(initial: Any = None, field_class: Any = forms.IntegerField) -> Any:
    """Return a hidden field of what a page showed; a page that does not tell is rejected."""
    error = _("This page did not say what it showed you. Open it again.")
    return field_class(
        initial=initial, widget=forms.HiddenInput, error_messages={"required": error}
    )


class ActionForm(forms.Form):
    """One action on `subject`. `perform` does it and returns the success message."""

    permission: ClassVar[str]
    title: ClassVar[Any]
    button: ClassVar[Any]
    #: Money or stock is given back, or something ends: never the page's primary button.
    is_dangerous: ClassVar[bool] = False
    #: What the action does, shown above its button.
    consequence: ClassVar[Any] = ""
    #: Shows its consequences while the form is filled in (`static/js/action-preview.js`).
    has_preview: ClassVar[bool] = False

    def __init__(self, *args: Any, subject: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject

    @property
    def subject_name(self) -> str:
        return str(self.subject)

    @classmethod
    def is_permitted(cls, user: Any) -> bool:
        """Return whether a user may perform the action."""
        return bool(user.has_perm(cls.permission))

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        """Return whether the action makes sense now; the service checks again."""
        return True

    @property
    def warning(self) -> str:
        """Return the consequence, where it depends on the record."""
        return str(self.consequence)

    @property
    def next_subject(self) -> models.Model | None:
        """Return the record to open once it is done; None opens the list."""
        return cast(models.Model, self.subject)

    def perform(self, by: Any) -> str:
        """Do it as a staff member (a User); raises ServiceError."""
        raise NotImplementedError


class Action(NamedTuple):
    """A button on a record's page; `name` is in its URL."""

    name: str
    title: Any
    is_dangerous: bool
    has_preview: bool = False


class ActionView(View):
    """Shows an action's form (GET) or performs it and returns to the record's page (POST)."""

    model_admin: "ActionAdmin" = cast(Any, None)
    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Reject unknown actions, staff without the permission, and what is not possible now."""
        name, pk = kwargs["name"], kwargs["pk"]
        if name not in self.model_admin.record_actions:
            raise Http404
        action = self.model_admin.record_actions[name]
        is_allowed = self.model_admin.has_view_permission(request)
        if not (is_allowed and action.is_permitted(request.user)):
            raise PermissionDenied
        subject = get_object_or_404(self.model_admin.get_queryset(request), pk=pk)
        if not action.is_available(subject):
            message = gettext("%(action)s: not possible in the current state.")
            messages.error(request, message % {"action": action.title})
            return HttpResponseRedirect(self.model_admin.page_url(subject))
        self.form = action(request.POST if request.method == "POST" else None, subject=subject)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form."""
        return self.show_form(request)

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Perform the action if the form is valid; a page that is submitted twice acts once."""
        if "preview" in request.POST or not self.form.is_valid():
            return self.show_form(request)
        page = request.POST.get("once", "")[:36]
        key = f"action:{request.user.pk}:{self.model_admin.opts.label_lower}:{pk}:{name}:{page}"
        if not cache.add(key, 1, SUBMITTED_FOR):
            # performed, being performed, or started by a process that died
            messages.info(request, SUBMITTED_BEFORE)
            return HttpResponseRedirect(self.model_admin.page_url(self.form.subject))
        try:
            done = self.form.perform(request.user)
        except Exception as error:
            cache.delete(key)  # nothing was done: the same page may be submitted again
            if not isinstance(error, ServiceError):
                raise
            self.form.add_error(error.field, list(error.texts))
            return self.show_form(request)
        self.model_admin.log_change(request, self.form.subject, f"{self.form.title}: {done}")
        messages.success(request, done)
        return HttpResponseRedirect(self.model_admin.page_url(self.form.next_subject))

    def show_form(self, request: HttpRequest) -> HttpResponse:
        """Return the page with the form."""
        subject = self.form.subject
        context = {
            "title": self.form.title,
            "subtitle": self.form.subject_name,
            "list_url": self.model_admin.list_url(),
            "form": self.form,
            "subject": subject,
            "subject_url": self.model_admin.page_url(subject),
            "once": uuid.uuid4(),
        }
        return admin_page(self.model_admin, request, self.model_admin.action_template, context)


class ActionAdmin(admin.ModelAdmin):
    """A ModelAdmin with a page for each action on one record, at `<pk>/<name>/do/`."""

    record_actions: Mapping[str, type[ActionForm]] = {}
    #: The action that each former URL below the record's redirects to.
    old_action_urls: Mapping[str, str] = {}
    action_template = "admin/action.html"

    def get_urls(self) -> list[Any]:
        """Add the pages of the actions."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_action"
        old_url = RedirectView.as_view(pattern_name=f"admin:{name}", permanent=True)
        view = self.admin_site.admin_view(ActionView.as_view(model_admin=self))
        return [
            *(
                path(f"<int:pk>/{old}/", old_url, {"name": action})
                for old, action in self.old_action_urls.items()
            ),
            path("<int:pk>/<slug:name>/do/", view, name=name),
            *super().get_urls(),
        ]

    def list_url(self) -> str:
        """Return the URL of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def page_url(self, subject: models.Model | None) -> str:
        """Return the URL of a record's page, or of the list if an action deleted the record."""
        if subject is None or not self.model._default_manager.filter(pk=subject.pk).exists():
            return self.list_url()
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[subject.pk]
        )

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add what can be done to the record."""
        if record := kwargs.get("obj"):
            context.setdefault("actions", self.available_actions(request, record))
        return super().render_change_form(request, context, *args, **kwargs)

    def available_actions(self, request: HttpRequest, subject: Any) -> list[Action]:
        """Return what this staff member may do to a record now."""
        return [
            Action(name, form.title, form.is_dangerous, form.has_preview)
            for name, form in self.record_actions.items()
            if form.is_permitted(request.user) and form.is_available(subject)
        ]


class RecordAdmin(ActionAdmin, ReadOnlyAdmin):
    """Records that only their actions change: each has a page without a form."""

    record_template: ClassVar[str]

    def load_record(self, pk: int) -> Any:
        """Return a record with what its page shows; None if there is none."""
        return self.model._default_manager.filter(pk=pk).first()

    def record_context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        """Return the context of the page, with its `title`."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a record with its actions."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        is_id = object_id.isascii() and object_id.isdecimal() and len(object_id) < 19
        record = self.load_record(int(object_id)) if is_id else None
        if record is None:
            raise Http404
        context = {
            "record": record,
            "actions": self.available_actions(request, record),
            "once": uuid.uuid4(),
            **self.record_context(request, record),
        }
        return admin_page(self, request, self.record_template, context)


class DraftAdmin(ActionAdmin, EditableAdmin):
    """Records that are edited as drafts. Once a record is final, its page only shows it."""

    def is_draft(self, record: Any) -> bool:
        """Return whether a record may still change."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_editable = obj is None or self.is_draft(obj)
        return is_editable and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts, one at a time: a list could hold final ones."""
        is_draft = obj is not None and self.is_draft(obj)
        return is_draft and super().has_delete_permission(request, obj)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the draft's page, which has the next step."""
        return HttpResponseRedirect(self.page_url(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay on the page, which has the next step."""
        messages.success(request, gettext("Saved."))
        return HttpResponseRedirect(self.page_url(obj))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Leave one button to save."""
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        return super().render_change_form(request, context, *args, **kwargs)
