"""The shop's admin site: our pages only, grouped by work area, with the To do numbers on top."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from microflight import admin_search
from microflight import help as handbook
from microflight.recent_items import recent_items, remembers_records

OURS = ("accounts.", "catalog.", "checkout.", "policies.", "microflight.")

#: The menu by work area: each heading, and the pages under it as (app_label.Model, name shown). A
#: page that is no list of a model is ("page:URL name", name shown, model that it is about): shown
#: to who may view that model.
GROUPS: tuple[tuple[Any, tuple[tuple[Any, ...], ...]], ...] = (
    (
        _("Orders"),
        (
            ("order.Order", _("Orders")),
            ("returns.Return", _("Returns")),
            ("withdrawal.Withdrawal", _("Withdrawals")),
            ("deadlines.DelayNotice", _("Delay notices")),
            ("payment.PaymentAlert", _("Payment alerts")),
            ("payment.PaymentAttempt", _("Payment attempts")),
            ("payment.Transaction", _("Transactions")),
            ("payment.StripeEvent", _("Stripe events")),
            ("documents.IssuedDocument", _("Invoices and credit notes")),
            ("tax.TaxLine", _("Tax lines and report")),
            ("audit.AuditRun", _("Audits")),
            ("page:reports", _("Reports"), "order.Order"),
        ),
    ),
    (
        _("Products"),
        (
            ("catalogue.Product", _("Products")),
            ("catalogue.Category", _("Categories")),
            ("partner.StockRecord", _("Stock")),
            ("partner.StockMovement", _("Stock ledger")),
            ("partner.PriceChange", _("Price history")),
            ("imports.ImportJob", _("Import and export")),
            ("partner.Partner", _("Suppliers")),
            ("catalogue.ProductClass", _("Product types")),
            ("catalogue.AttributeOptionGroup", _("Attribute option groups")),
            ("manuals.Manual", _("Manuals")),
            ("manuals.ManualRevision", _("Manual revisions")),
            ("external_offers.ExternalOffer", _("External offers")),
            ("compatibility.CompatibilityEntry", _("Compatibility")),
            ("compatibility.PortRule", _("Port rules")),
        ),
    ),
    (
        _("Customers"),
        (
            ("customers.Customer", _("Customers")),
            ("users.User", _("Accounts")),
            ("tickets.Ticket", _("Tickets")),
            ("reviews.ProductReview", _("Reviews")),
            ("reviews.Question", _("Questions")),
            ("mail.Message", _("Outbox")),
            ("back_in_stock.BackInStockRequest", _("Back-in-stock requests")),
            ("saved_searches.SavedSearch", _("Saved searches")),
            ("policies.Acceptance", _("Acceptances")),
            ("tax.TaxExemption", _("Tax exemptions")),
        ),
    ),
    (
        _("Marketing"),
        (
            ("promotions.Promotion", _("Promotions")),
            ("offer.ConditionalOffer", _("Offers")),
            ("voucher.Voucher", _("Vouchers")),
            ("offer.Range", _("Product ranges")),
            ("offer.Condition", _("Conditions")),
            ("offer.Benefit", _("Benefits")),
            ("newsletter.Campaign", _("Campaigns")),
            ("newsletter.CampaignImage", _("Images")),
            ("newsletter.Subscriber", _("Subscribers")),
            ("newsletter.ImportRun", _("Imports")),
            ("newsletter.Suppression", _("Suppression list")),
            ("newsletter.Delivery", _("Deliveries")),
            ("newsletter.Feedback", _("Bounces and complaints")),
        ),
    ),
    (
        _("Content"),
        (
            ("content.Page", _("Pages")),
            ("content.MenuEntry", _("Menus")),
            ("policies.PolicyVersion", _("Policy versions")),
            ("policies.Policy", _("Policies")),
            ("policies.PolicyTranslation", _("Translations")),
            ("agreements.Announcement", _("Announcements")),
            ("home_blocks.HomeBlock", _("Home page blocks")),
            ("mail.EmailTemplate", _("Email templates")),
            ("policies.Notice", _("Notices")),
            ("opening.AwayPeriod", _("Away periods")),
            ("redirects.Redirect", _("Redirects")),
            ("search_index.Synonym", _("Synonyms")),
            ("search_index.SearchTerm", _("Search terms")),
        ),
    ),
    (
        _("Settings"),
        (
            ("saved_views.SavedView", _("Saved views")),
            ("auth.Group", _("Roles")),
            ("admin.LogEntry", _("Audit log")),
            ("away.AwayRule", _("Rules while away")),
            ("opening.OpeningHours", _("Opening hours")),
            ("opening.NonWorkingDay", _("Holidays and non-working days")),
            ("shipping.ShippingZone", _("Shipping zones")),
            ("shipping.ShippingMethod", _("Shipping methods")),
            ("shipping.ShippingRate", _("Shipping rates")),
            ("shipping.FuelSurcharge", _("Fuel surcharges")),
            ("shipping.Carton", _("Cartons")),
            ("shipping.ShippingRule", _("Shipping rules")),
            ("page:shipping_shippingrule_gaps", _("Shipping gaps"), "shipping.ShippingRule"),
            ("shipping.ImportCharge", _("Import charges")),
            ("page:try_cart", _("Try a cart"), "shipping.ShippingMethod"),
            ("documents.BatteryMark", _("Lithium battery marks")),
            ("documents.CustomsFormLimit", _("Customs form limits")),
            ("address.Country", _("Countries")),
            ("tax.TaxRate", _("Tax rates")),
            ("tax.TaxRegistration", _("Tax registrations")),
            ("tax.TaxOnShipping", _("Tax on shipping")),
            ("tax_reports.TaxThreshold", _("Tax thresholds")),
            ("tax_reports.ExchangeRate", _("Exchange rates")),
            ("withdrawal.WithdrawalRule", _("Withdrawal rules")),
            ("deadlines.DelayRule", _("Delay rules")),
        ),
    ),
)


class ShopAdminSite(admin.AdminSite):
    """Django's admin site for this shop's staff."""

    site_header = _("MicroFlight admin")
    site_title = _("MicroFlight admin")
    index_title = _("To do")
    site_url = "/"
    empty_value_display = "–"
    enable_nav_sidebar = False  # the menu is above the page, see templates/admin/_menu.html

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register our admins only: Oscar's search by a column our accounts do not have and edit
        payments; those of other apps show tables that staff do not need."""
        if admin_class is None or not admin_class.__module__.startswith(OURS):
            return
        super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Add the pages of this site that no model's admin has."""
        # the models that they read are loaded after this site
        from checkout.placement.try_cart import try_cart
        from microflight.reports.views import report_list, report_page  # likewise
        from microflight.saved_views import views as saved_views

        return [
            *handbook.urls(self),
            *admin_search.urls(self),
            *saved_views.urls(self),
            path("try-cart/", self.admin_view(try_cart), name="try_cart"),
            path("reports/", self.admin_view(report_list), name="reports"),
            path("reports/<slug:name>/", self.admin_view(report_page), name="report"),
            *super().get_urls(),
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Protect a view as Django does, and note the records that staff open."""
        return super().admin_view(remembers_records(view), cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the records that were opened last, and mark the menu's entry of this page."""
        context = super().each_context(request)
        for area in context["available_apps"]:
            for entry in area["models"]:
                entry["is_current"] = request.path.startswith(entry["admin_url"] or "?")
            area["is_current"] = any(entry["is_current"] for entry in area["models"])
        context["recent_items"] = recent_items(request) if context["has_permission"] else []
        return context

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models by work area instead of by app; a single app's page stays as it is.

        A model that no group lists is shown under "More", never hidden.
        """
        if app_label:
            return super().get_app_list(request, app_label)
        found = {}
        for app in self._build_app_dict(request).values():
            for model in app["models"]:
                found[f"{app['app_label']}.{model['object_name']}"] = model
        entries = [entry for _heading, group in GROUPS for entry in group]
        for key, _name, *models in entries:
            if models and models[0] in found:
                found[key] = _page(found[models[0]], key.removeprefix("page:"))
        listed = {key for key, *_rest in entries}
        more = tuple((key, found[key]["name"]) for key in found if key not in listed)
        groups = [_group(*entry, found) for entry in (*GROUPS, (_("More"), more))]
        return [group for group in groups if group["models"]]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the numbers that need attention above the list of pages."""
        # the models that it counts are loaded after this site
        from microflight.reports import start_page, views  # likewise
        from microflight.to_do import last_audit, to_do

        numbers = {
            "to_do": to_do(request),
            "audit": last_audit(request),
            "charts": start_page.charts(request),
            "has_reports": bool(views.permitted(request)),
        }
        return super().index(request, {**numbers, **(extra_context or {})})


def _page(model: dict[str, Any], url: str) -> dict[str, Any]:
    """Return a menu entry for a page about a model, under a name of its own."""
    links = {"admin_url": reverse(f"admin:{url}"), "add_url": None, "view_only": True}
    return {**model, **links, "object_name": url}


def _group(
    heading: str, entries: tuple[tuple[Any, ...], ...], found: dict[str, Any]
) -> dict[str, Any]:
    """Return one block of the start page in the form that Django's template reads."""
    models = [{**found[key], "name": name} for key, name, *_model in entries if key in found]
    return {
        "name": heading,
        "app_label": str(heading).lower().replace(" ", "-"),
        "app_url": models[0]["admin_url"] if models else "",
        "has_module_perms": bool(models),
        "models": models,
    }
