"""What staff may do to a policy, a version or a translation, by the name in the URL."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from microflight.core.action_view import ActionForm, seen_field
from microflight.core.forms import LineField
from policies import workflow
from policies.models import ChangeType, Policy, PolicyTranslation, PolicyVersion
from policies.seed import REVIEW_INTERVAL
from policies.states import Stage

if TYPE_CHECKING:
    from accounts.users.models import User

PUBLISH = "policies.publish_policyversion"


class VersionActionForm(ActionForm):
    """An action on a version. `seen` is the last event that the page showed."""

    subject: PolicyVersion
    stages: ClassVar[tuple[Stage, ...]]

    seen = seen_field()

    def __init__(self, *args: Any, subject: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.fields["seen"].initial = workflow.last_event(subject)

    @classmethod
    def is_available(cls, subject: PolicyVersion) -> bool:
        """Return whether the version is in a stage of this action."""
        return subject.stage in cls.stages


class SubmitForm(VersionActionForm):
    """Ask someone else to review a draft."""

    permission = "policies.change_policyversion"
    stages = (Stage.DRAFT,)
    title = gettext_lazy("Submit for review")
    button = gettext_lazy("Submit for review")

    def perform(self, by: "User") -> str:
        workflow.submit_for_review(self.subject, user=by, seen=self.cleaned_data["seen"])
        return _("The version is in review. Someone else must approve it.")


class ReturnToDraftForm(VersionActionForm):
    """Send a version back to its author."""

    permission = "policies.approve_policyversion"
    stages = (Stage.REVIEW, Stage.APPROVED)
    title = gettext_lazy("Return to draft")
    button = gettext_lazy("Return to draft")

    comment = forms.CharField(
        max_length=255,
        label=gettext_lazy("What needs to change"),
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )

    @classmethod
    def is_permitted(cls, user: Any) -> bool:
        """Approvers return a version, and authors take theirs back."""
        return super().is_permitted(user) or user.has_perm(SubmitForm.permission)

    def perform(self, by: "User") -> str:
        data = self.cleaned_data
        workflow.return_to_draft(self.subject, user=by, comment=data["comment"], seen=data["seen"])
        return _("The version is a draft again.")


class ApproveForm(VersionActionForm):
    """Approve a version that someone else has written."""

    permission = "policies.approve_policyversion"
    stages = (Stage.REVIEW,)
    title = gettext_lazy("Approve")
    button = gettext_lazy("Approve version")

    def perform(self, by: "User") -> str:
        workflow.approve(self.subject, user=by, seen=self.cleaned_data["seen"])
        return _("The version is approved and can be published.")


class PublishForm(VersionActionForm):
    """Publish a version, with its effective date."""

    permission = PUBLISH
    stages = (Stage.APPROVED,)
    title = gettext_lazy("Publish")
    button = gettext_lazy("Publish version")

    effective_on = forms.DateField(
        label=gettext_lazy("Effective date"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("From midnight in Saskatoon; today means immediately."),
    )
    short_notice_reason = LineField(
        max_length=255,
        required=False,
        label=gettext_lazy("Reason for short notice"),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy(
            "Required if the date is before the end of the notice period. Customers can read it."
        ),
    )

    def __init__(self, *args: Any, subject: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.fields["effective_on"].initial = workflow.earliest_effective_date(subject)
        if subject.change_type != ChangeType.MATERIAL:
            del self.fields["short_notice_reason"]

    @property
    def warning(self) -> str:
        """Say that this is final, and whether customers are emailed."""
        final = _("A published version cannot be changed or withdrawn.")
        if self.subject.change_type == ChangeType.MATERIAL:
            return final + " " + _("This is a material change: customers are notified by email.")
        return final + " " + _("This is an editorial change: customers are not notified.")

    def perform(self, by: "User") -> str:
        data = self.cleaned_data
        self.subject = workflow.publish(
            self.subject,
            user=by,
            effective_on=data["effective_on"],
            short_notice_reason=data.get("short_notice_reason", ""),
            seen=data["seen"],
        )
        return _("%(version)s is published.") % {"version": self.subject}


class ApproveAndPublishForm(PublishForm):
    """Approve a version that someone else has written, and publish it, in one step."""

    stages = (Stage.REVIEW,)
    title = gettext_lazy("Approve and publish")
    button = gettext_lazy("Approve and publish")

    @classmethod
    def is_permitted(cls, user: Any) -> bool:
        return super().is_permitted(user) and user.has_perm(ApproveForm.permission)

    @transaction.atomic
    def perform(self, by: "User") -> str:
        """Do both, or neither."""
        workflow.approve(self.subject, user=by, seen=self.cleaned_data["seen"])
        self.cleaned_data["seen"] = None  # this approval is newer than the page
        return super().perform(by)


class CreateDraftForm(VersionActionForm):
    """Start a draft from a published version, current or old."""

    permission = "policies.add_policyversion"
    stages = (Stage.PUBLISHED,)
    title = gettext_lazy("Create draft from this version")
    button = gettext_lazy("Create draft")
    consequence = gettext_lazy(
        "The content is copied to a new draft. This version does not change."
    )

    def perform(self, by: "User") -> str:
        """Create the draft, and continue on its page."""
        source = self.subject
        self.subject = workflow.create_draft(source.policy, user=by, based_on=source)
        return _("Draft created from %(version)s.") % {"version": source}


class PublishTranslationForm(ActionForm):
    """Publish a translation."""

    subject: PolicyTranslation
    permission = PUBLISH
    title = gettext_lazy("Publish")
    button = gettext_lazy("Publish translation")
    consequence = gettext_lazy("A published translation cannot be changed or withdrawn.")

    @classmethod
    def is_available(cls, subject: PolicyTranslation) -> bool:
        """A translation is published once."""
        return not subject.is_published

    def perform(self, by: "User") -> str:
        workflow.publish_translation(self.subject, user=by)
        return _("%(translation)s is published.") % {"translation": self.subject}


class MarkAsReviewedForm(ActionForm):
    """Confirm that the version in force is still correct."""

    subject: Policy
    permission = "policies.review_policy"
    title = gettext_lazy("Mark as reviewed")
    button = gettext_lazy("Mark as reviewed")
    consequence = gettext_lazy(
        "You confirm that the version in force is correct. Your name is recorded."
    )

    next_review_on = forms.DateField(
        label=gettext_lazy("Next review date"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, subject: Policy, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.fields["next_review_on"].initial = timezone.localdate() + REVIEW_INTERVAL

    def perform(self, by: "User") -> str:
        date = self.cleaned_data["next_review_on"]
        workflow.mark_as_reviewed(self.subject, user=by, next_review_on=date)
        return _("Marked as reviewed.")


VERSION_ACTIONS: dict[str, type[ActionForm]] = {
    "submit": SubmitForm,
    "approve-and-publish": ApproveAndPublishForm,
    "approve": ApproveForm,
    "publish": PublishForm,
    "return": ReturnToDraftForm,
    "create-draft": CreateDraftForm,
}
TRANSLATION_ACTIONS: dict[str, type[ActionForm]] = {"publish": PublishTranslationForm}
POLICY_ACTIONS: dict[str, type[ActionForm]] = {"mark-reviewed": MarkAsReviewedForm}
