"""Customers in the admin: a list, and one page per person, account or guest."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from hijack.views import AcquireUserView

from accounts.staff import audit_log
from checkout.order.models import Order
from microflight.core.action_view import Action, ActionView, RecordAdmin
from microflight.core.admin_base import ChoiceFilter
from microflight.core.money import format_money
from microflight.core.tags import TagActionsMixin, TagFilter
from microflight.customers import profile, read_only_login
from microflight.customers.actions import ACTIONS
from microflight.customers.models import Customer


class TypeFilter(ChoiceFilter):
    """Accounts and guests."""

    title = _("type")
    parameter_name = "type"
    choices_with_conditions = (
        ("account", _("Accounts"), Q(user__isnull=False)),
        ("guest", _("Guests"), Q(user=None)),
    )


class LogInView(ActionView):
    """Asks for a reason, logs it, and continues as the customer."""

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if not self.form.is_valid():
            return self.show_form(request)
        customer, reason = self.form.subject, self.form.cleaned_data["reason"]
        if read_only_login.may_log_in_as(hijacker=request.user, hijacked=customer.user):
            text = _("Logged in as this customer, read-only. Reason: %(reason)s")
            audit_log.record(request.user, customer, str(text % {"reason": reason}))
        return cast(HttpResponse, AcquireUserView.as_view()(request))


@admin.register(Customer)
class CustomerAdmin(TagActionsMixin, RecordAdmin):
    """Everything about one person; changed only by actions."""

    record_actions = ACTIONS
    record_template = "admin/customers/customer/detail.html"
    actions = ["add_tags", "remove_tags"]
    list_display = ["name", "type", "orders", "value", "last_order", "tag_chips"]
    list_filter = [TypeFilter, TagFilter]
    list_select_related = ["user"]
    search_fields = ["email", "user__email", "user__first_name", "user__last_name"]
    search_help_text = _("Name, email, phone, city or order number.")
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        """Serve the login as a customer, which changes the session."""
        view = self.admin_site.admin_view(LogInView.as_view(model_admin=self))
        name = "customers_customer_log_in"
        return [path("<int:pk>/log-in/do/", view, {"name": "log-in"}, name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """Leave out staff."""
        return cast(Any, super().get_queryset(request)).without_staff()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Add numbers of orders to the customers of the page."""
        changes = super().get_changelist_instance(request)
        changes.result_list = list(changes.result_list)
        profile.add_totals(changes.result_list)
        return changes

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search the orders, too: number, and name, phone and city of the address."""
        found, _distinct = super().get_search_results(request, queryset, search_term)
        if not (term := search_term.strip().removeprefix("#")):
            return found, False
        orders = _orders_with(term)
        guests = orders.filter(user=None).annotate(lower_email=Lower("guest_email"))
        by_order = Q(user__in=orders.exclude(user=None).values("user"))
        by_order |= Q(user=None, email__in=guests.values("lower_email"))
        return queryset.filter(Q(pk__in=found.order_by().values("pk")) | by_order), False

    def available_actions(self, request: HttpRequest, subject: Any) -> list[Action]:
        found = super().available_actions(request, subject)
        is_closed = subject.user is not None and not subject.user.is_active
        return [each for each in found if each.name in ("note", "tags")] if is_closed else found

    def load_record(self, pk: int) -> Customer | None:
        return Customer.objects.without_staff().select_related("user").filter(pk=pk).first()

    def record_context(self, request: HttpRequest, record: Customer) -> dict[str, Any]:
        name = record.user.get_full_name() if record.user else ""
        return {
            "customer": record,
            "title": name or record.contact_email,
            **profile.sections(record, request.user),
        }

    @admin.display(description=_("Customer"))
    def name(self, customer: Customer) -> str:
        name = customer.user.get_full_name() if customer.user else ""
        return f"{name} ({customer})" if name else str(customer)

    @admin.display(description=_("Type"))
    def type(self, customer: Customer) -> str:
        return str(_("Account") if customer.user_id else _("Guest"))

    @admin.display(description=_("Orders"))
    def orders(self, customer: Any) -> int:
        return customer.order_count

    @admin.display(description=_("Value"))
    def value(self, customer: Any) -> str:
        return format_money(customer.value)

    @admin.display(description=_("Last order"))
    def last_order(self, customer: Any) -> str:
        last = customer.last_order
        return date_format(localtime(last), "j M Y") if last else "–"


def _orders_with(term: str) -> QuerySet[Order]:
    """Return the orders whose number, name, phone or city has a term."""
    address = Q(shipping_address__line4__icontains=term)
    for name in ("first_name", "last_name"):
        address |= Q(**{f"shipping_address__{name}__icontains": term})
    if len(digits := "".join(each for each in term if each.isdecimal())) >= 4:
        # stored as tel:+1-306-955-1836: any punctuation between the digits
        address |= Q(shipping_address__phone_number__iregex="[^0-9]*".join(digits[:20]))
    return Order.objects.filter(Q(number=term) | address).order_by()
