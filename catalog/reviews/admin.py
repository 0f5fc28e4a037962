"""Staff approve or decline reviews, and answer or decline questions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.reviews.models import ProductReview, Question
from catalog.reviews.services import save_answer
from microflight.core.admin_base import EditableAdmin, NamedRowsMixin


class _ModeratedAdmin(NamedRowsMixin, EditableAdmin):
    """What customers wrote; staff cannot add any."""

    list_select_related = ["product__parent"]
    search_fields = ["product__upc", "product__title"]
    search_help_text = _("SKU or title.")

    def row_name(self, obj: Any) -> str:
        return str(obj.pk)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff cannot write as a customer."""
        return False

    @admin.display(description=_("Product"), ordering="product__title")
    def product_name(self, row: Any) -> str:
        return str(row.product.get_title())


@admin.register(ProductReview)
class ProductReviewAdmin(_ModeratedAdmin):
    """Reviews, those to moderate first. Their text is the customer's and cannot be changed."""

    list_display = ["title", "product_name", "score", "name", "status", "date_updated"]
    list_filter = ["status", "score"]
    ordering = ["status", "-date_updated"]
    readonly_fields = ("product_name", "name", "score", "title", "body", "date_updated")
    fields = (*readonly_fields, "status", "decline_reason")
    deleted_with = frozenset({"reviews.vote"})


@admin.register(Question)
class QuestionAdmin(_ModeratedAdmin):
    """Questions, the newest first. Staff may remove personal data from the text."""

    list_display = ["__str__", "product_name", "state", "asked_at", "answered_at"]
    list_filter = ["state", "asked_at"]
    readonly_fields = ("product_name", "email", "asked_at", "answered_at")
    fields = (*readonly_fields, "text", "answer", "state")

    def save_model(self, request: HttpRequest, obj: Question, form: Any, change: bool) -> None:
        """Save, and email an answer that is published for the first time."""
        save_answer(obj, form.columns())
