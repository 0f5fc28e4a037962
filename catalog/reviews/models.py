"""Oscar's reviews, moderated, and questions about products."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.catalogue.reviews.abstract_models import AbstractProductReview

from catalog.models import Product
from microflight.core.bounds import Bounds
from microflight.core.page_cache import InvalidatesPages

SCORES = tuple((score, str(score)) for score in range(1, 6))


class ProductReview(InvalidatesPages, AbstractProductReview):
    """A review by a customer who bought the product; one for each product and customer.

    Oscar's average on the product is not used: saving a product clears its read model.
    """

    score = models.SmallIntegerField(_("Score"), choices=SCORES)
    title = models.CharField(_("Title"), max_length=120)
    body = models.TextField(_("Review"), max_length=2000)
    name = models.CharField(_("Name"), max_length=40, help_text=_("Shown with the review."))
    status = models.SmallIntegerField(
        _("Status"),
        choices=AbstractProductReview.STATUS_CHOICES,
        default=AbstractProductReview.FOR_MODERATION,
    )
    decline_reason = models.CharField(
        _("reason for declining"), max_length=200, blank=True, help_text=_("The customer reads it.")
    )
    date_updated = models.DateTimeField(_("last change"), auto_now=True)

    class Meta(AbstractProductReview.Meta):
        constraints = [Bounds("score", 1, 5)]

    def save(self, *args: Any, **options: Any) -> None:
        """Save the review only; Oscar's also saves the product."""
        super(AbstractProductReview, self).save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> Any:
        """Delete the review only; Oscar's also saves the product."""
        return super(AbstractProductReview, self).delete(*args, **options)

    def clean(self) -> None:
        """Require a reason from staff who decline it."""
        if self.is_rejected and not self.decline_reason:
            raise ValidationError({"decline_reason": gettext("Enter a reason.")})

    def get_absolute_url(self) -> str:
        """Return the reviews on the page of the product."""
        return f"{self.product.get_absolute_url()}#reviews" if self.product else ""


class QuestionState(models.TextChoices):
    """The states of a question."""

    NEW = "new", _("new")
    PUBLISHED = "published", _("published")
    DECLINED = "declined", _("declined")


class Question(InvalidatesPages, models.Model):
    """A question about a product. Pages show it with its answer, without who asked."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="questions", verbose_name=_("product")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    email = models.EmailField(_("email"), blank=True, help_text=_("Empty once it was deleted."))
    text = models.TextField(_("question"), max_length=1000)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    state = models.CharField(
        _("state"), max_length=9, choices=QuestionState.choices, default=QuestionState.NEW
    )
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.text[:60]

    def save(self, *args: Any, **options: Any) -> None:
        """Save, with the time at which it was first published or declined."""
        if self.state != QuestionState.NEW and self.answered_at is None:
            self.answered_at = timezone.now()
            if options.get("update_fields") is not None:
                options["update_fields"] = {*options["update_fields"], "answered_at"}
        super().save(*args, **options)

    @property
    def is_published(self) -> bool:
        """Tell whether pages show it."""
        return self.state == QuestionState.PUBLISHED

    def clean(self) -> None:
        """Require an answer to a published question."""
        if self.is_published and not self.answer.strip():
            raise ValidationError({"answer": gettext("Enter an answer to publish the question.")})


from oscar.apps.catalogue.reviews.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
