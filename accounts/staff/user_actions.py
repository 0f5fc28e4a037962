"""What staff do to an account besides editing it, and the form of an invitation."""

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.forms import AccountEmailField
from accounts.staff import access
from accounts.staff.models import StaffSession
from accounts.staff.sessions import end_sessions
from accounts.users.models import User
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField


class AccountAction(ActionForm):
    """An action on an account that the staff member may edit; each states its reason."""

    reason = LineField(label=_("Reason"), max_length=200)

    @classmethod
    def account_of(cls, subject: Any) -> User | None:
        """Return the account of the record whose page has the action; None for a guest."""
        return cast(User, subject)

    @property
    def account(self) -> User:
        """Return the account; the action is not available without one."""
        return cast(User, self.account_of(self.subject))

    def perform(self, by: Any) -> str:
        """Check the permission for this account, act, and return what was done and why."""
        if not access.may_edit(by, self.account):
            raise PermissionDenied
        with transaction.atomic():
            return f"{self.act(by)} {gettext('Reason:')} {self.cleaned_data['reason']}"

    def act(self, by: Any) -> str:
        raise NotImplementedError


class PasswordResetForm(AccountAction):
    """Send the customer the email with which they choose a new password."""

    permission = "users.change_user"
    title = _("Send password reset email")
    button = _("Send email")
    consequence = _("The password stays valid until they choose a new one.")

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        account = cls.account_of(subject)
        return account is not None and account.is_active and account.has_usable_password()

    def act(self, by: Any) -> str:
        emails.password_reset(self.account, self.account.email)
        return gettext("Password reset email sent to %(email)s.") % {"email": self.account.email}


class EndSessionsForm(AccountAction):
    """Log a staff member out of some browsers."""

    permission = access.MANAGE
    title = _("End sessions")
    button = _("Log out")
    is_dangerous = True
    consequence = _("What they have not saved is lost.")
    sessions = forms.ModelMultipleChoiceField(
        label=_("Sessions"),
        queryset=StaffSession.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ["sessions", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["sessions"]
        field.queryset = self.subject.staff_sessions.all()

    @classmethod
    def is_available(cls, subject: User) -> bool:
        return StaffSession.objects.filter(user=subject).exists()

    def act(self, by: Any) -> str:
        count = end_sessions(self.cleaned_data["sessions"])
        return ngettext("%(n)d session ended.", "%(n)d sessions ended.", count) % {"n": count}


class ResetSecondFactorForm(AccountAction):
    """Let a staff member who lost their phone set up two-factor authentication again."""

    permission = access.MANAGE
    title = _("Reset two-factor authentication")
    button = _("Reset two-factor authentication")
    is_dangerous = True
    consequence = _(
        "They are logged out, and set it up again at their next login. Make sure, by phone or in "
        "person, that it is really them who asks."
    )

    @classmethod
    def is_available(cls, subject: User) -> bool:
        return subject.is_staff and Authenticator.objects.filter(user=subject).exists()

    def act(self, by: Any) -> str:
        Authenticator.objects.filter(user=self.subject).delete()
        end_sessions(StaffSession.objects.filter(user=self.subject))
        emails.account_notice("2fa-disabled", to=self.subject.email, context={})
        return gettext("Two-factor authentication was reset.")


class InvitationForm(forms.Form):
    """Whom to invite, with which roles."""

    email = AccountEmailField(label=_("Email address"))
    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"), queryset=Group.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    title = button = _("Invite staff")
    warning = _(
        "They get an email with a link that works once and expires after three days. They choose a "
        "password, and set up two-factor authentication at the first login."
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["roles"]
        field.queryset = access.assignable_roles(by)


ACTIONS: dict[str, type[ActionForm]] = {
    "password-reset": PasswordResetForm,
    "end-sessions": EndSessionsForm,
    "reset-2fa": ResetSecondFactorForm,
}
