"""The states of a policy version and the transitions between them.

Staff move a version through the first three. The others follow from the dates of a published
version, which never change: see `PolicyVersion.state`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine


class Stage(models.TextChoices):
    """The state of a version, from draft to superseded."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    APPROVED = "approved", _("approved")
    SCHEDULED = "scheduled", _("scheduled")
    PUBLISHED = "published", _("in force")
    SUPERSEDED = "superseded", _("superseded")


VERSION = Machine(
    "a policy version",
    Stage,
    Stage.DRAFT,
    {
        Stage.DRAFT: (Stage.REVIEW,),
        Stage.REVIEW: (Stage.APPROVED, Stage.DRAFT),
        Stage.APPROVED: (Stage.SCHEDULED, Stage.PUBLISHED, Stage.DRAFT),
        Stage.SCHEDULED: (Stage.PUBLISHED,),
        Stage.PUBLISHED: (Stage.SUPERSEDED,),
        Stage.SUPERSEDED: (),
    },
)

#: The stages in which a version is not final yet. Only a draft can be edited.
UNPUBLISHED = (Stage.DRAFT, Stage.REVIEW, Stage.APPROVED)
