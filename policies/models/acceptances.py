"""Which customer accepted which policy version."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.versions import PolicyVersion


class Context(models.TextChoices):
    """The form on which a version was accepted."""

    CHECKOUT = "checkout", _("checkout")
    REGISTRATION = "registration", _("registration")
    REACCEPTANCE = "reacceptance", _("login after a policy change")
    NEWSLETTER = "newsletter", _("newsletter sign-up")
    CONTEST = "contest", _("contest entry")


class Acceptance(models.Model):
    """Evidence that a customer accepted a version: which one, with which checkbox label, for what.

    Written once and never changed. PostgreSQL enforces it; only `user` may become empty, when the
    account is deleted.
    """

    version = models.ForeignKey(
        PolicyVersion,
        on_delete=models.PROTECT,
        related_name="acceptances",
        verbose_name=_("version"),
    )
    sha256 = models.CharField(
        _("SHA-256"), max_length=64, help_text=_("Hash of the version that was shown.")
    )
    context = models.CharField(
        _("accepted at"), max_length=12, choices=Context.choices, default=Context.CHECKOUT
    )
    subject = models.CharField(
        _("order or account"),
        max_length=64,
        db_index=True,
        help_text=_("For example order:100017 or account:12."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("account"),
    )
    label = models.TextField(
        _("checkbox label"), help_text=_("The label next to the checkbox that was ticked.")
    )
    network = models.CharField(
        _("IP network"),
        max_length=43,
        blank=True,
        help_text=_("The customer's IP address without its last part."),
    )
    accepted_at = models.DateTimeField(_("accepted on"), auto_now_add=True)

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        constraints = [
            models.UniqueConstraint(fields=["version", "subject"], name="accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.version}"
