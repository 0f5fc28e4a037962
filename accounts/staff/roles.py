"""Roles of staff: what each may see, edit and do, by work area.

The table fills the groups that a migration creates. `manage.py migrate` grants permissions of new
models by it, too, and leaves alone what an owner changed since. A new admin model belongs in
`AREAS`: a test lists those that are missing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OWNER = "Owner"


@dataclass(frozen=True, slots=True)
class WorkArea:
    """Models that a role sees or edits together. `extra`: default permissions offered one by one,
    in addition to what the models declare."""

    key: str
    name: "StrOrPromise"
    models: tuple[str, ...]
    extra: tuple[tuple[str, "StrOrPromise"], ...] = ()


AREAS = (
    WorkArea(
        "orders",
        _("Orders"),
        (
            "order.order", "order.ordernote", "returns.return", "withdrawal.withdrawal",
            "withdrawal.withdrawalline", "deadlines.delaynotice", "deadlines.delayreply",
        ),
        (("order.add_ordernote", _("Can add notes to orders")),),
    ),
    WorkArea(
        "payments",
        _("Payments"),
        (
            "payment.paymentalert", "payment.paymentattempt", "payment.transaction",
            "payment.stripeevent", "documents.issueddocument", "audit.auditrun", "tax.taxline",
        ),
    ),
    WorkArea("tickets", _("Tickets and emails"), ("tickets.ticket", "mail.message")),
    WorkArea(
        "customers",
        _("Customers"),
        (
            "customers.customer", "customers.customernote", "users.user", "account.emailaddress",
            "saved_searches.savedsearch", "back_in_stock.backinstockrequest", "tax.taxexemption",
        ),
    ),
    WorkArea(
        "products",
        _("Products"),
        (
            "catalogue.product", "catalogue.productimage", "catalogue.productrecommendation",
            "catalogue.productfacts", "kits.kitcomponent",
            "catalogue.category", "catalogue.productclass", "catalogue.productattribute",
            "catalogue.attributeoptiongroup", "catalogue.attributeoption", "manuals.manual",
            "manuals.manualrevision", "external_offers.externaloffer",
            "external_offers.externalofferclicks", "compatibility.compatibilityentry",
            "compatibility.portrule", "search_index.synonym", "search_index.searchterm",
            "imports.importjob",
        ),
    ),
    WorkArea("reviews", _("Reviews and questions"), ("reviews.productreview", "reviews.question")),
    WorkArea(
        "stock",
        _("Stock"),
        (
            "partner.stockrecord", "partner.stockmovement", "partner.pricechange",
            "partner.partner",
        ),
    ),
    WorkArea(
        "promotions",
        _("Promotions"),
        (
            "promotions.promotion", "offer.conditionaloffer", "offer.range",
            "offer.rangeproduct", "offer.condition", "offer.benefit", "voucher.voucher",
        ),
    ),
    WorkArea(
        "settings",
        _("Shipping and tax"),
        (
            "shipping.shippingzone", "shipping.zoneregion", "shipping.shippingmethod",
            "shipping.methodzone", "shipping.shippingrate", "shipping.fuelsurcharge",
            "shipping.carton", "shipping.shippingrule", "shipping.importcharge",
            "documents.batterymark", "documents.customsformlimit", "tax.taxrate",
            "tax.taxregistration", "tax.taxonshipping",
            "tax_reports.taxthreshold", "tax_reports.exchangerate", "address.country",
            "withdrawal.withdrawalrule", "deadlines.delayrule",
        ),
    ),
    WorkArea(
        "policies",
        _("Policies"),
        (
            "policies.policyversion", "policies.policy", "policies.policytranslation",
            "policies.review", "policies.acceptance", "agreements.announcement",
        ),
    ),
    WorkArea(
        "newsletter",
        _("Newsletter"),
        (
            "newsletter.campaign", "newsletter.campaignimage", "newsletter.subscriber",
            "newsletter.importrun", "newsletter.suppression", "newsletter.delivery",
            "newsletter.feedback",
        ),
    ),
    WorkArea(
        "site",
        _("Pages, menus, notices and redirects"),
        (
            "policies.notice", "opening.awayperiod", "away.awayrule", "opening.openinghours",
            "opening.nonworkingday", "redirects.redirect",
            "home_blocks.homeblock", "mail.emailtemplate", "content.page", "content.menuentry",
        ),
    ),
    WorkArea(
        "staff",
        _("Staff"),
        ("auth.group", "staff.staffsession", "admin.logentry", "saved_views.savedview"),
    ),
)  # fmt: skip
ALL = tuple(area.key for area in AREAS)


@dataclass(frozen=True, slots=True)
class Role:
    """A group of a new shop. `actions` are permissions beyond viewing and editing."""

    name: str
    view: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


_STOCK = ("partner.receive_stock", "partner.count_stock")
ROLES = (
    Role(OWNER, edit=ALL),  # and every action
    Role(
        "Orders",
        view=("payments", "products", "stock", "promotions", "settings", "policies", "site"),
        edit=("orders", "tickets", "customers"),
        actions=(
            "order.ship_order", "order.cancel_order", "order.refund_order", "order.take_order",
            "order.export_order",  # for carriers and bookkeeping; other exports are the owner's
            "returns.answer_return", "returns.receive_return", "payment.resolve_paymentalert",
        ),
    ),
    Role(
        "Packing",
        view=("orders", "products", "stock", "settings"),
        actions=("order.ship_order", "order.add_ordernote", "returns.receive_return", *_STOCK),
    ),
    Role(
        "Catalogue",
        view=("settings", "site"),
        edit=("products", "reviews", "stock", "promotions"),
        actions=("partner.adjust_stock", *_STOCK),
    ),
    Role(
        "Content",
        view=("products",),
        edit=("policies", "newsletter", "site", "reviews"),
        actions=(
            "policies.approve_policyversion", "policies.publish_policyversion",
            "policies.review_policy", "newsletter.launch_campaign",
        ),
    ),
    Role(
        "Support",
        view=("orders", "payments", "products", "stock", "policies", "newsletter", "site"),
        edit=("tickets", "customers", "reviews"),
        actions=(
            "order.add_ordernote", "returns.answer_return", "newsletter.answer_subscriber",
            "customers.login_as_customer",
        ),
    ),
    Role("Read-only", view=tuple(key for key in ALL if key != "staff")),
)  # fmt: skip


class Option(NamedTuple):
    """One checkbox of a role: View, Edit or an action of a work area."""

    key: str
    label: "StrOrPromise"
    permissions: frozenset[str]  # "app_label.codename"


@cache
def options(area: WorkArea) -> tuple[Option, ...]:
    """Return what a role can be given in an area. Editing includes viewing."""
    found = [
        Option(f"{area.key}:view", _("View"), _permissions(area, "view")),
        Option(
            f"{area.key}:edit", _("Edit"), _permissions(area, "view", "add", "change", "delete")
        ),
    ]
    named = [*area.extra, *(each for model in area.models for each in _actions(model))]
    known = dict.fromkeys(key for key, _label in named)
    labels = dict(named)
    return (*found, *(Option(key, labels[key], frozenset({key})) for key in known))


def permissions_of(role: Role) -> frozenset[str]:
    """Return the permissions of a role in a new shop, as "app_label.codename"."""
    if role.name == OWNER:
        return frozenset().union(*(each.permissions for area in AREAS for each in options(area)))
    wanted = {f"{key}:view" for key in role.view} | {f"{key}:edit" for key in role.edit}
    chosen = (each for area in AREAS for each in options(area) if each.key in wanted)
    return frozenset(role.actions).union(*(each.permissions for each in chosen))


def grant(permissions: Iterable[Any], group_model: Any) -> None:
    """Give permissions (rows) to the groups of the roles that have them; create missing groups."""
    named = {f"{each.content_type.app_label}.{each.codename}": each for each in permissions}
    for role in ROLES:
        if new := [named[key] for key in permissions_of(role) & named.keys()]:
            group, _created = group_model.objects.get_or_create(name=role.name)
            group.permissions.add(*new)


def grant_new_permissions(sender: AppConfig, using: str, apps: Any = apps, **_options: Any) -> None:
    """Give the permissions that `migrate` creates for an app to the roles (post_migrate)."""
    try:
        permission, group = (apps.get_model("auth", name) for name in ("Permission", "Group"))
    except LookupError:  # the app is not migrated yet
        return
    rows = permission.objects.using(using).filter(content_type__app_label=sender.label)
    known = set(rows.values_list("pk", flat=True))
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    grant(rows.exclude(pk__in=known).select_related("content_type"), group)


def _permissions(area: WorkArea, *verbs: str) -> frozenset[str]:
    """Return the default permissions of an area's models; some models have few."""
    found = [apps.get_model(model)._meta for model in area.models]
    return frozenset(
        f"{opts.app_label}.{verb}_{opts.model_name}"
        for opts in found
        for verb in verbs
        if verb in opts.default_permissions
    )


def _actions(model: str) -> Iterable[tuple[str, "StrOrPromise"]]:
    opts = apps.get_model(model)._meta
    return [(f"{opts.app_label}.{codename}", name) for codename, name in opts.permissions]
