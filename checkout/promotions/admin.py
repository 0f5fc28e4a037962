"""Promotions in the admin: one form, with a preview of prices and conflicts."""

import copy
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from checkout.offers.admin import discount_in_orders, status_field
from checkout.offers.models import Eligibility
from checkout.promotions.forms import PromotionForm
from checkout.promotions.models import Promotion
from checkout.promotions.preview import preview
from checkout.promotions.services import set_period, write_codes, write_emails, write_rules
from checkout.promotions.terms import NO_END, read_terms
from checkout.promotions.usage import codes_csv, usage_of, with_usage
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, state_label
from microflight.core.change_log import ChangeLogMixin

_OPEN = Q(status=Promotion.OPEN)
#: Tags and chosen customers, and the permission to see them (of a package above).
OF_CUSTOMERS = (Eligibility.TAG, Eligibility.EMAILS)
SEE_CUSTOMERS = "customers.view_customer"
_PRODUCT_FIELDS = {"scope", "categories", "types", "products", "skus"}


def _started() -> Q:
    return Q(starts=None) | Q(starts__lte=timezone.now())


def _not_ended() -> Q:
    return Q(ends=None) | Q(ends__gte=timezone.now())


class StateFilter(ChoiceFilter):
    """Promotions by state, see `Promotion.state`."""

    title = _("state")
    parameter_name = "state"
    choices_with_conditions = (
        ("active", _("Active"), lambda: _OPEN & _started() & _not_ended()),
        ("scheduled", _("Scheduled"), lambda: _OPEN & Q(starts__gt=timezone.now())),
        ("ended", _("Ended"), lambda: _OPEN & Q(ends__lt=timezone.now())),
        ("used-up", _("Used up"), Q(status=Promotion.CONSUMED)),
        ("suspended", _("Suspended"), Q(status=Promotion.SUSPENDED)),
    )


class CodeFilter(ChoiceFilter):
    """Promotions by whether they need a code."""

    title = _("code")
    parameter_name = "code"
    choices_with_conditions = (
        ("with", _("With a code"), Q(offer_type=Promotion.VOUCHER)),
        ("without", _("Without a code"), ~Q(offer_type=Promotion.VOUCHER)),
    )


@admin.register(Promotion)
class PromotionAdmin(ChangeLogMixin, EditableAdmin):
    """Offers that one form can express; others are edited on the detailed pages."""

    form = PromotionForm
    view_on_site = False
    change_form_template = "admin/promotions/change_form.html"
    deleted_with = frozenset({"offer.eligibleemail"})
    private_fields = frozenset({"emails"})
    instead_of_deleting = _("To end a promotion, set its status to “Suspended”.")
    saved_with = frozenset({"status", "condition", "benefit", "start_datetime", "end_datetime"})
    list_display = ["name", "state", "first_day", "last_day", "usage"]
    list_filter = [StateFilter, CodeFilter]
    search_fields = ["name", "description", "vouchers__code"]
    search_help_text = _("Name or code.")
    fieldsets = (
        (_("What"), {"fields": ("what", "amount")}),
        (
            _("Which products"),
            {
                "fields": (
                    "scope", "categories", "types", "products", "skus", "min_quantity", "min_spend",
                )
            },
        ),
        (_("Who"), {"fields": ("who", "tag", "emails", "code", "codes")}),
        (_("When"), {"fields": ("first_day", "last_day", "status")}),
        (_("Name and banner"), {"fields": ("name", "description")}),
        (
            _("How often"),
            {
                "fields": (
                    "max_basket_applications", "max_user_applications",
                    "max_global_applications", "max_discount",
                ),
                "classes": ("collapse",),
            },
        ),
        (
            _("Combined with other promotions"),
            {"fields": ("exclusive", "combinations", "priority"), "classes": ("collapse",)},
        ),
    )  # fmt: skip
    filter_horizontal = ["combinations"]

    # --- List ---

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Read what the rows and the form show."""
        return with_usage(cast(Any, super().get_queryset(request)).with_rules())

    @admin.display(description=_("State"))
    def state(self, offer: Promotion) -> str:
        """Return the state as a label."""
        return state_label(f"promotion-{offer.state}", offer.state.label)

    @admin.display(description=_("From"), ordering="start_datetime")
    def first_day(self, offer: Promotion) -> str:
        """Return the first day."""
        return _day(offer.period[0])

    @admin.display(description=_("Until"), ordering="end_datetime")
    def last_day(self, offer: Promotion) -> str:
        """Return the last day."""
        return _day(offer.period[1])

    @admin.display(description=_("Total discount"), ordering="used_discount")
    def usage(self, offer: Any) -> str:
        """Return the total discount and the number of orders."""
        return discount_in_orders(offer.used_discount, offer.used_orders)

    # --- Form ---

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limit the statuses to those that staff set."""
        if db_field.name == "status":
            return status_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show staff who may not edit only the columns of the offer; the sentence says the rest."""
        if self.has_change_permission(request, obj) or obj is None:
            return self.fieldsets
        return ((None, {"fields": ("name", "description", "status", "priority", "exclusive")}),)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer tags and chosen customers only to staff who may see customers."""
        form = super().get_form(request, obj, change, **kwargs)
        if "who" in form.base_fields and not request.user.has_perm(SEE_CUSTOMERS):
            field = copy.deepcopy(form.base_fields["who"])
            field.choices = [each for each in field.choices if each[0] not in OF_CUSTOMERS]
            form.base_fields["who"] = field
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A promotion for chosen customers shows who they are."""
        is_shown = obj is None or obj.eligibility not in OF_CUSTOMERS
        is_shown = is_shown or request.user.has_perm(SEE_CUSTOMERS)
        return is_shown and super().has_change_permission(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the form, or go to the detailed page of an offer that it cannot express."""
        offer = self.get_object(request, object_id)
        if offer and request.method == "GET" and read_terms(offer) is None:
            messages.info(request, gettext("This promotion needs the detailed form below."))
            url = reverse("admin:offer_conditionaloffer_change", args=[offer.pk])
            return HttpResponseRedirect(url)
        return super().change_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the preview and the usage of a saved promotion."""
        offer = kwargs.get("obj")
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        if offer and not context["errors"]:
            context |= {"preview": preview(offer), "usage": usage_of(offer)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the rules, then the offer."""
        changed = not change or bool(_PRODUCT_FIELDS & {*form.changed_data})
        set_period(obj, form.cleaned_data["first_day"], form.cleaned_data["last_day"])
        write_rules(obj, form.cleaned_data, products_changed=changed)
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Save the combinations, the chosen customers and the discount codes."""
        super().save_related(request, form, formsets, change)
        write_emails(form.instance, form.cleaned_data["emails"])
        write_codes(form.instance, form.cleaned_data)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the promotion, with its conflicts."""
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay on the page."""
        messages.success(request, gettext("Saved."))
        return HttpResponseRedirect(reverse("admin:promotions_promotion_change", args=[obj.pk]))

    # --- Pages ---

    def get_urls(self) -> list[Any]:
        """Add the preview, and the file of codes."""
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview_view), name="promotions_promotion_preview"),
            path("<int:pk>/preview/", view(self.preview_view), name="promotions_promotion_preview"),
            path("<int:pk>/codes.csv", view(self.codes_view), name="promotions_promotion_codes"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Return the preview of the form as it is now: it is saved, and rolled back."""
        offer = get_object_or_404(self.get_queryset(request), pk=pk) if pk else None
        may_add = self.has_add_permission(request)
        may_edit = self.has_change_permission(request, offer) if offer else may_add
        if request.method != "POST" or not may_edit:
            raise PermissionDenied
        form = self.get_form(request, offer, change=bool(pk))(request.POST, instance=offer)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            data = form.cleaned_data
            data["codes"] = min(data["codes"] or 0, 1)
            if data["code"] and not request.POST.get("code"):
                data["code"] = gettext("(generated when you save)")
            with transaction.atomic():
                self.save_form(request, form, change=bool(pk))
                self.save_model(request, form.instance, form, change=bool(pk))
                self.save_related(request, form, [], change=bool(pk))
                context["preview"] = preview(form.instance)
                transaction.set_rollback(True)
        return render(request, "admin/promotions/_preview.html", context)

    def codes_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Return the codes of a promotion as a CSV file."""
        if not (
            self.has_view_permission(request) and request.user.has_perm("voucher.view_voucher")
        ):
            raise PermissionDenied
        offer = get_object_or_404(Promotion, pk=pk)
        if not Voucher.objects.filter(offers=offer).exists():
            raise Http404
        return codes_csv(offer)


def _day(moment: Any) -> str:
    return date_format(localtime(moment), "j M Y") if moment and moment < NO_END else "–"
