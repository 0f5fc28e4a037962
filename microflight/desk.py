"""The admin site of the shop: only our pages, grouped by task, with what needs doing on top."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

OURS = ("accounts.", "catalog.", "checkout.", "policies.", "microflight.")

#: The start page: heading, and what stands under it as (app_label.Model, name shown).
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Orders and mail",
        (
            ("order.Order", "Orders"),
            ("returns.Return", "Returns"),
            ("mail.Message", "Outbox"),
        ),
    ),
    (
        "Money",
        (
            ("payment.MoneyAlert", "Alerts about money"),
            ("payment.PaymentAttempt", "Payment attempts"),
            ("payment.Movement", "Money movements"),
            ("payment.StripeEvent", "Stripe events"),
            ("audit.AuditRun", "Audits of money and stock"),
        ),
    ),
    (
        "Catalogue",
        (
            ("catalogue.Product", "Products"),
            ("catalogue.Category", "Categories"),
            ("catalogue.ProductClass", "Kinds of product"),
            ("catalogue.AttributeOptionGroup", "Lists of choices"),
        ),
    ),
    (
        "Stock",
        (
            ("partner.StockRecord", "Stock"),
            ("partner.StockMovement", "Stock ledger"),
            ("waiting.Asking", "Waiting for stock"),
            ("partner.Partner", "Holders of stock"),
        ),
    ),
    (
        "Offers",
        (
            ("offer.ConditionalOffer", "Offers"),
            ("voucher.Voucher", "Vouchers"),
            ("offer.Range", "Ranges of products"),
            ("offer.Condition", "Conditions"),
            ("offer.Benefit", "Benefits"),
        ),
    ),
    (
        "Delivery and tax",
        (
            ("shipping.Zone", "Delivery zones"),
            ("shipping.Service", "Delivery services and charges"),
            ("tax.TaxRate", "Tax rates"),
            ("address.Country", "Countries"),
        ),
    ),
    (
        "Policies",
        (
            ("policies.PolicyVersion", "Policy texts"),
            ("policies.Policy", "Policies"),
            ("policies.PolicyTranslation", "Translations"),
            ("policies.Acceptance", "Agreements"),
            ("agreements.Announcement", "Changes being told"),
        ),
    ),
    (
        "Newsletter",
        (
            ("newsletter.Campaign", "Letters to many"),
            ("newsletter.LetterPicture", "Pictures for letters"),
            ("newsletter.Subscriber", "Subscribers"),
            ("newsletter.ImportRun", "Lists brought along"),
            ("newsletter.Suppression", "Never written to"),
            ("newsletter.Delivery", "Letters, reader by reader"),
            ("newsletter.Feedback", "What came back"),
        ),
    ),
    ("Site", (("policies.Notice", "Notices"),)),
    (
        "People",
        (
            ("users.User", "Accounts"),
            ("auth.Group", "Staff groups"),
        ),
    ),
)


class DeskSite(admin.AdminSite):
    """Django's admin site for this shop's staff."""

    site_header = "MicroFlight desk"
    site_title = "MicroFlight desk"
    index_title = "What needs doing"
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take our admins only: Oscar's search by a column our accounts do not have, and edit
        money; those of other apps show tables that nobody here needs."""
        if admin_class is None or not admin_class.__module__.startswith(OURS):
            return
        super().register(model_or_iterable, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the models by task instead of by app; one app's page stays as Django has it."""
        if app_label:
            return super().get_app_list(request, app_label)
        found = {}
        for app in self._build_app_dict(request).values():
            for model in app["models"]:
                found[f"{app['app_label']}.{model['object_name']}"] = model
        return [group for group in (_group(*entry, found) for entry in GROUPS) if group["models"]]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the numbers that ask for work above the list of pages."""
        from microflight.desk_numbers import last_audit, to_do

        numbers = {"to_do": to_do(request), "audit": last_audit(request)}
        return super().index(request, {**numbers, **(extra_context or {})})


def _group(
    heading: str, entries: tuple[tuple[str, str], ...], found: dict[str, Any]
) -> dict[str, Any]:
    """Return one block of the start page in the form that Django's template reads."""
    models = [{**found[key], "name": name} for key, name in entries if key in found]
    return {
        "name": heading,
        "app_label": heading.lower().replace(" ", "-"),
        "app_url": models[0]["admin_url"] if models else "",
        "has_module_perms": bool(models),
        "models": models,
    }
