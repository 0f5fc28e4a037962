"""The rules about withdrawal, which staff edit, and the withdrawals, which they read."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.countries import OwnCountriesForm
from checkout.withdrawal.models import Withdrawal, WithdrawalLine, WithdrawalRule
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin, ReadOnlyInline, admin_link
from microflight.core.sourced_admin import SOURCED_COLUMNS, SourcedAdmin


@admin.register(WithdrawalRule)
class WithdrawalRuleAdmin(SourcedAdmin):
    """Where buyers can withdraw, and how long."""

    form = OwnCountriesForm
    list_display = ["name", "days", "late_days", *SOURCED_COLUMNS]
    search_fields = ["name"]
    filter_horizontal = ["countries"]
    deleted_with = frozenset({"withdrawal.withdrawalrule_countries"})


class TaskFilter(ChoiceFilter):
    """Whether it needs staff."""

    title = _("task")
    parameter_name = "task"
    choices_with_conditions = (
        ("failed", _("failed to settle"), Q(settled_at=None) & ~Q(problem="")),
        ("waiting", _("not settled yet"), Q(settled_at=None)),
    )


class WithdrawalLineInline(ReadOnlyInline):
    """The units, and how many of them were cancelled before they shipped."""

    model = WithdrawalLine
    fields = ["line", "quantity", "cancelled"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("line")


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    """Withdrawals of buyers; a job settles them."""

    list_display = ["declared_at", "order_link", "channel", "email", "settled_at", "problem"]
    list_display_links = ["declared_at"]
    list_filter = [TaskFilter, "channel", "declared_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "email"]
    fields = [
        "order_link", "channel", "email", "declared_at", "settled_at", "problem", "return_link",
    ]  # fmt: skip
    inlines = [WithdrawalLineInline]

    @admin.display(description=_("Order"), ordering="order__number")
    def order_link(self, withdrawal: Withdrawal) -> SafeString | str:
        return admin_link(withdrawal.order, withdrawal.order.number)

    @admin.display(description=_("Return"))
    def return_link(self, withdrawal: Withdrawal) -> Any:
        return admin_link(withdrawal.ret)
