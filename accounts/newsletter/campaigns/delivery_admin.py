"""Deliveries, feedback and images in the admin."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.campaigns import controls
from accounts.newsletter.campaigns.admin_forms import ImageForm
from accounts.newsletter.campaigns.models import (
    Campaign,
    CampaignImage,
    CampaignState,
    Delivery,
    Feedback,
)
from accounts.newsletter.subscribers.admin import EmailHashAdmin
from accounts.users.models import User
from microflight.core.admin_base import EditableAdmin, ReadOnlyAdmin


class CampaignFilter(admin.SimpleListFilter):
    """Offers the latest campaigns. Django's own filter would fetch all their content."""

    title = _("campaign")
    parameter_name = "campaign__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
        return list(Campaign.objects.values_list("pk", "title")[:50])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value() or ""
        return queryset.filter(campaign=int(chosen)) if chosen.isdecimal() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """One row for each email of a campaign; staff resolve uncertain ones."""

    list_display = ["pk", "campaign", "subscriber", "state", "attempts", "sent_at", "reason"]
    list_select_related = ["campaign", "subscriber"]
    list_filter = ["state", CampaignFilter]
    search_fields = ["subscriber__email"]
    show_full_result_count = False
    actions = ["send_again", "mark_as_sent"]
    fields = [
        "campaign", "subscriber", "variant", "state", "attempts", "sent_at", "next_try_at",
        "reason",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Delivery]":
        """Leave out the campaign's content: each row would load it."""
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.defer("campaign__source", "campaign__body_text", "campaign__body_html")

    def has_launch_permission(self, request: HttpRequest) -> bool:
        """Return whether a staff member may resolve uncertain deliveries."""
        return request.user.has_perm("newsletter.launch_campaign")

    @admin.action(description=_("Send uncertain emails again"), permissions=["launch"])
    def send_again(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        pks = list(queryset.values_list("pk", flat=True))
        count = controls.send_again(pks, cast(User, request.user))
        messages.success(request, _("%(count)d uncertain, queued again.") % {"count": count})

    @admin.action(description=_("Mark uncertain emails as sent"), permissions=["launch"])
    def mark_as_sent(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        pks = list(queryset.values_list("pk", flat=True))
        count = controls.mark_as_sent(pks, cast(User, request.user))
        messages.success(request, _("%(count)d uncertain, marked as sent.") % {"count": count})


@admin.register(Feedback)
class FeedbackAdmin(EmailHashAdmin):
    """Each report once, as it came."""

    list_display = ["type", "provider", "detail", "at"]
    list_filter = ["type", "provider", "at"]
    fields = (
        "type", "provider", "detail", "at", "email_hash", "delivery_id", "message_id", "event_id",
    )  # fmt: skip


@admin.register(CampaignImage)
class CampaignImageAdmin(EditableAdmin):
    """The images of `::image name`. A file is never replaced: a new upload gets a new URL."""

    list_display = ["key", "thumbnail", "alt", "size", "uploaded_at"]
    search_fields = ["key", "alt"]
    form = ImageForm

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep images of launched campaigns."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        launched = Campaign.objects.exclude(state=CampaignState.DRAFT)
        return not launched.filter(body_html__contains=obj.file.url).exists()

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep images that drafts show."""
        drafts = Q()
        for image in records:
            drafts |= Q(source__contains=f"::image {image.key} ")
        found = Campaign.objects.filter(drafts)
        return super().reasons_to_keep(records) + [
            gettext("campaign “%(title)s”") % {"title": campaign.title} for campaign in found
        ]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        obj.file.delete(save=False)

    @admin.display(description=_("Image"))
    def thumbnail(self, image: CampaignImage) -> SafeString:
        tag = '<img class="thumbnail" src="{}" alt="{}" width="96" height="{}">'
        height = round(96 * image.height / max(image.width, 1))
        return format_html(tag, image.file.url, image.alt, height)

    @admin.display(description=_("Pixels"))
    def size(self, image: CampaignImage) -> str:
        return f"{image.width} × {image.height}"
