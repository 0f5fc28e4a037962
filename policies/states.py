"""The states of a policy's version, and who may follow whom.

Only the first three are steps of somebody's work. The others follow from the dates of a published
text, which never change: see `PolicyVersion.state`.
"""

from django.db import models

from microflight.core.states import Machine


class Stage(models.TextChoices):
    """Where a text stands, from the first line to the text that replaced it."""

    DRAFT = "draft", "draft"
    REVIEW = "review", "in review"
    APPROVED = "approved", "approved"
    SCHEDULED = "scheduled", "scheduled"
    PUBLISHED = "published", "in force"
    SUPERSEDED = "superseded", "superseded"


VERSION = Machine(
    "a text",
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

#: Before a text is final. Only a draft is written on.
UNPUBLISHED = (Stage.DRAFT, Stage.REVIEW, Stage.APPROVED)
