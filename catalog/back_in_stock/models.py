"""Requests to be notified when a product is back in stock."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.email_addresses import normalize_email
from catalog.models import Product

if TYPE_CHECKING:
    from accounts.users.models import User


class RequestState(models.TextChoices):
    """The states of a request. Each request is answered by one email at most."""

    UNCONFIRMED = "unconfirmed", _("email not confirmed")
    REQUESTED = "requested", _("requested")
    NOTIFIED = "notified", _("notified")
    CANCELLED = "cancelled", _("cancelled")


#: A person has at most one request for a product in these states.
OPEN_STATES = (RequestState.UNCONFIRMED, RequestState.REQUESTED)


class BackInStockRequestQuerySet(models.QuerySet["BackInStockRequest"]):
    def requested(self) -> "BackInStockRequestQuerySet":
        """Return the confirmed, unanswered requests, oldest first."""
        return self.filter(state=RequestState.REQUESTED).order_by("requested_at", "pk")

    def of(self, user: "User") -> "BackInStockRequestQuerySet":
        """Return the requests of an account, including those made before it was opened."""
        return self.filter(Q(user=user) | Q(email=normalize_email(user.email)))


class BackInStockRequest(models.Model):
    """One email address that wants to know when one product is available again.

    Deleted some time after it ended, see `services.delete_old`.
    """

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="back_in_stock_requests"
    )
    email = models.EmailField(_("email"), help_text=_("In lower case."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(_("state"), max_length=11, choices=RequestState.choices)
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    notified_at = models.DateTimeField(_("notified at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = BackInStockRequestQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at", "pk"]
        verbose_name = _("back-in-stock request")
        verbose_name_plural = _("back-in-stock requests")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["product", "email"],
                condition=Q(state__in=OPEN_STATES),
                name="one_open_back_in_stock_request",
            )
        ]
        indexes = [
            models.Index(fields=["product", "state", "requested_at"], name="back_in_stock_queue")
        ]

    def __str__(self) -> str:
        return f"back-in-stock request {self.pk}"
