"""What staff do to a customer."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import AccountEmailField
from accounts.staff.user_actions import PasswordResetForm
from accounts.users.models import User
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField
from microflight.core.tags import TagsFormField, tag_list
from microflight.customers import read_only_login
from microflight.customers.merge import merge, preview
from microflight.customers.models import Customer


class NoteForm(ActionForm):
    """Add a note that only staff read."""

    permission = "customers.add_customernote"
    title = _("Add note")
    button = _("Add note")
    text = forms.CharField(
        label=_("Note"), max_length=2000, widget=forms.Textarea({"rows": 4, "autofocus": True})
    )

    def perform(self, by: Any) -> str:
        self.subject.notes.create(text=self.cleaned_data["text"], by=by)
        return gettext("Note added.")


class TagsForm(ActionForm):
    """Replace the tags."""

    permission = "customers.change_customer"
    title = _("Edit tags")
    button = _("Save tags")
    tags = TagsFormField(
        label=_("Tags"), required=False, help_text=_("Separated by commas. Only staff see them.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tags"].initial = self.subject.tags

    def perform(self, by: Any) -> str:
        self.subject.tags = self.cleaned_data["tags"]
        self.subject.save(update_fields=["tags"])
        return gettext("Tags: %(tags)s") % {"tags": ", ".join(tag_list(self.subject.tags)) or "–"}


class CustomerPasswordResetForm(PasswordResetForm):
    """The same action, on the page of a customer with an account."""

    @classmethod
    def account_of(cls, subject: Customer) -> User | None:
        return subject.user


class LogInForm(ActionForm):
    """See the shop as the customer does."""

    permission = read_only_login.PERMISSION
    title = _("Log in as customer")
    button = _("Log in as customer")
    consequence = _(
        "You see what the customer sees, for 30 minutes, and can’t change anything. The audit log "
        "keeps who did this, when and why."
    )
    reason = LineField(label=_("Reason"), max_length=200)
    user_pk = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user_pk"].initial = self.subject.user_id

    @classmethod
    def is_available(cls, subject: Customer) -> bool:
        return subject.user is not None and subject.user.is_active and not subject.user.is_staff

    def clean_user_pk(self) -> int:
        """Reject an account other than the page's."""
        if self.cleaned_data["user_pk"] != self.subject.user_id:
            raise forms.ValidationError(gettext("Open this page again."))
        return int(self.cleaned_data["user_pk"])


class MergeForm(ActionForm):
    """Move everything of this customer to an account. The first submission shows a preview."""

    permission = "customers.merge_customer"
    title = _("Merge into another account")
    button = _("Merge")
    is_dangerous = True
    email = AccountEmailField(
        label=_("Into the account with this email"),
        help_text=_("Its email address must be verified."),
    )
    reason = LineField(
        label=_("Reason"),
        max_length=200,
        help_text=_("How you know that both are the same person."),
    )
    shown = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target: User | None = None

    @property
    def warning(self) -> str:
        text = gettext("This can’t be undone.")
        if self.target is None:
            return text
        moves = "; ".join(f"{name}: {count}" for name, count in preview(self.subject))
        closes = gettext("The account of %(email)s is closed.") % {"email": self.subject}
        ends = closes if self.subject.user else ""
        return f"{gettext('Moves to')} {self.target.email}: {moves or '–'}. {ends} {text}"

    def clean(self) -> dict[str, Any]:
        """Find the account, and show what moves before it is confirmed."""
        data = super().clean() or {}
        if self.errors:
            return data
        verified = User.objects.filter(emailaddress__verified=True, is_active=True)
        accounts = verified.filter(emailaddress__email__iexact=data["email"])
        self.target = accounts.exclude(pk=self.subject.user_id).first()
        if self.target is None:
            raise forms.ValidationError({"email": gettext("No other account verified it.")})
        if data.get("shown") != self.target.pk:
            seen: Any = self.data
            self.data = seen = seen.copy()
            seen["shown"] = str(self.target.pk)
            raise forms.ValidationError(gettext("Check what moves, below. Then press “Merge”."))
        return data

    def perform(self, by: Any) -> str:
        assert self.target is not None  # noqa: S101 (for mypy: a valid form has one)
        self.subject = merge(
            source=self.subject, target=self.target, by=by, reason=self.cleaned_data["reason"]
        )
        return gettext("Merged into %(email)s.") % {"email": self.subject}


ACTIONS: dict[str, type[ActionForm]] = {
    "note": NoteForm,
    "tags": TagsForm,
    "log-in": LogInForm,
    "password-reset": CustomerPasswordResetForm,
    "merge": MergeForm,
}
