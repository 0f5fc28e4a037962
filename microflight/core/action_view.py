"""Admin pages on which staff act on one record: show a form, perform once on POST, log it.

An action is an `ActionForm` that ends in one call of a service. A ModelAdmin mounts an
`ActionView` with its actions; the record's page links to those from `available_actions`.
"""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from microflight.core.errors import ServiceError

#: How long a submitted page is remembered, in seconds.
SUBMITTED_FOR = 24 * 60 * 60
SUBMITTED_BEFORE = _(
    "You already submitted this page, so nothing was done this time. Check below what happened the "
    "first time, and open the page again if needed."
)


class ActionForm(forms.Form):
    """One action on `subject`. `perform` does it and returns the success message."""

    permission: ClassVar[str]
    title: ClassVar[Any]
    button: ClassVar[Any]
    #: What the action does, shown above its button.
    consequence: ClassVar[Any] = ""

    def __init__(self, *args: Any, subject: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject

    @property
    def subject_name(self) -> str:
        """Return the name of the record for staff."""
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

    def perform(self, by: Any) -> str:
        """Do it as a staff member (a User); raises ServiceError."""
        raise NotImplementedError


class ActionView(View):
    """Shows an action's form (GET) or performs it and returns to the record's page (POST)."""

    model_admin: admin.ModelAdmin = cast(Any, None)
    actions: Mapping[str, type[ActionForm]] = {}
    queryset: Any = None
    http_method_names = ["get", "post"]
    template_name = "admin/action.html"

    def get_queryset(self) -> Any:
        """Return the records that can be acted on."""
        if self.queryset is not None:
            return self.queryset.all()
        return self.model_admin.model._default_manager.all()

    def get_url(self, subject: models.Model) -> str:
        """Return the URL of the record's page."""
        opts = self.model_admin.opts
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[subject.pk])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Reject unknown actions, staff without the permission, and what is not possible now."""
        name, pk = kwargs["name"], kwargs["pk"]
        if name not in self.actions:
            raise Http404
        action = self.actions[name]
        is_allowed = self.model_admin.has_view_permission(request)
        if not (is_allowed and action.is_permitted(request.user)):
            raise PermissionDenied
        subject = get_object_or_404(self.get_queryset(), pk=pk)
        if not action.is_available(subject):
            message = gettext("%(action)s: not possible in the current state.")
            messages.error(request, message % {"action": action.title})
            return HttpResponseRedirect(self.get_url(subject))
        self.form = action(request.POST if request.method == "POST" else None, subject=subject)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form."""
        return self.show_form(request)

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Perform the action if the form is valid; a page that is submitted twice acts once."""
        if not self.form.is_valid():
            return self.show_form(request)
        page = request.POST.get("once", "")[:36]
        key = f"action:{request.user.pk}:{self.model_admin.opts.label_lower}:{pk}:{name}:{page}"
        if not cache.add(key, 1, SUBMITTED_FOR):
            # performed, being performed, or started by a process that died
            messages.info(request, SUBMITTED_BEFORE)
            return HttpResponseRedirect(self.get_url(self.form.subject))
        try:
            done = self.form.perform(request.user)
        except Exception as error:
            cache.delete(key)  # nothing was done: the same page may be submitted again
            if not isinstance(error, ServiceError):
                raise
            self.form.add_error(None, list(error.texts))
            return self.show_form(request)
        self.model_admin.log_change(request, self.form.subject, f"{self.form.title}: {done}")
        messages.success(request, done)
        return HttpResponseRedirect(self.get_url(self.form.subject))

    def show_form(self, request: HttpRequest) -> HttpResponse:
        """Return the page with the form."""
        opts, subject = self.model_admin.opts, self.form.subject
        context: dict[str, Any] = {
            **self.model_admin.admin_site.each_context(request),
            "title": self.form.title,
            "subtitle": self.form.subject_name,
            "opts": opts,
            "list_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
            "form": self.form,
            "subject": subject,
            "subject_url": self.get_url(subject),
            "once": uuid.uuid4(),
        }
        return TemplateResponse(request, self.template_name, context)


def available_actions(
    request: HttpRequest, actions: Mapping[str, type[ActionForm]], subject: Any
) -> list[tuple[str, Any]]:
    """Return what this staff member may do to a record now, as (name in the URL, title)."""
    return [
        (name, form.title)
        for name, form in actions.items()
        if form.is_permitted(request.user) and form.is_available(subject)
    ]
