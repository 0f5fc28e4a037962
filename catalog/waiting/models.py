"""Who waits for which product."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.models import Product

if TYPE_CHECKING:
    from accounts.users.models import User


class AskingState(models.TextChoices):
    """Where a wish stands. Each is answered by one letter at most."""

    UNCONFIRMED = "unconfirmed", "address not proved yet"
    WAITING = "waiting", "waiting"
    TOLD = "told", "told"
    ENDED = "ended", "ended"


#: States in which the same person need not ask again.
LIVE = (AskingState.UNCONFIRMED, AskingState.WAITING)


class AskingQuerySet(models.QuerySet["Asking"]):
    def waiting(self) -> "AskingQuerySet":
        """Return the wishes that stock is to answer, the oldest first."""
        return self.filter(state=AskingState.WAITING).order_by("asked_at", "pk")

    def of(self, user: "User") -> "AskingQuerySet":
        """Return what an account asked for, also before it was one."""
        return self.filter(Q(user=user) | Q(email=user.email.lower()))


class Asking(models.Model):
    """One person's wish to hear when one product is back. Deleted some time after its end."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="askings")
    email = models.EmailField(help_text="In lower case.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(max_length=11, choices=AskingState.choices)
    asked_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AskingQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        verbose_name = "wish to be told"
        verbose_name_plural = "wishes to be told"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["product", "email"],
                condition=Q(state__in=LIVE),
                name="one_live_asking_each",
            )
        ]
        indexes = [models.Index(fields=["product", "state", "asked_at"], name="asking_queue")]

    def __str__(self) -> str:
        return f"asking {self.pk}"
