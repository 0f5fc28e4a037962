"""One letter to one subscriber."""

from django.db import models
from django.db.models import Q

from accounts.newsletter.models.campaigns import Campaign
from accounts.newsletter.models.subscribers import Subscriber
from accounts.newsletter.states import DeliveryState


class Delivery(models.Model):
    """A campaign's letter to one subscriber: at most once. The address is read when it is sent."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.ForeignKey(
        Subscriber, null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    variant = models.CharField(
        max_length=1, blank=True, help_text="a, b, or empty: waits for the winner."
    )
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    claimed_by = models.CharField(max_length=32, blank=True, help_text="The job that has it.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="Empty: at once.")
    sent_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why skipped or failed.")

    class Meta:
        verbose_name_plural = "deliveries"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["campaign", "subscriber"], name="delivered_once"),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "id"],
                condition=Q(state=DeliveryState.QUEUED),
                name="delivery_waiting",
            ),
            models.Index(
                fields=["claimed_at"],
                condition=Q(state__in=(DeliveryState.CLAIMED, DeliveryState.SENDING)),
                name="delivery_claimed",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state=DeliveryState.UNCERTAIN),
                name="delivery_uncertain",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"
