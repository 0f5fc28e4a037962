"""Each role against every page and action of the admin: exactly what the table of roles allows."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.staff import roles
from accounts.staff.roles import AREAS, OWNER, ROLES
from accounts.users.models import User
from checkout.order.models import Order
from microflight.core.action_view import ActionAdmin, RecordAdmin
from microflight.reports.registry import REPORTS
from microflight.reports.views import permitted
from tests.admin_forms import fields_of
from tests.project.admin_rows import ROWS, pages_of

REGISTRY: dict[type, Any] = dict(admin.site._registry)
#: What a superuser gets on each page: some models cannot be added or deleted by anyone.
_POSSIBLE: dict[tuple[type, str], int] = {}


def url(model: type, page: str, *args: Any) -> str:
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


def may(role: roles.Role, model: type, verb: str) -> bool:
    opts = model._meta
    if not opts.default_permissions:  # a proxy, with the permissions of its model
        opts = opts.concrete_model._meta
    return f"{opts.app_label}.{verb}_{opts.model_name}" in roles.permissions_of(role)


def sees(role: roles.Role, model: type) -> bool:
    return may(role, model, "view")


@pytest.fixture
def rows(db: None) -> dict[type, Any]:
    """One row of each model."""
    return {apps.get_model(label): _row(make) for label, make in ROWS.items()}


def _row(make: Callable[[int], Any]) -> Any:
    """Return a row with the first number that no other row uses."""
    for number in range(1, 28):
        with suppress(IntegrityError), transaction.atomic():
            return make(number)
    raise AssertionError("no number is free")


def _subclasses(parent: type) -> Iterator[Any]:
    for each in parent.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_every_model_of_the_admin_is_in_one_work_area() -> None:
    listed = [model for area in AREAS for model in area.models]
    shown = {model._meta.label_lower for model in REGISTRY}
    inlines = [one for one in _subclasses(InlineModelAdmin) if one.model]
    shown |= {one.model._meta.label_lower for one in inlines}
    assert shown - set(listed) == set(), "add these to AREAS in accounts/staff/roles.py"
    assert len(listed) == len(set(listed))
    assert {model for model in listed if not apps.get_model(model)} == set()


def test_every_action_of_the_table_is_a_permission(db: None) -> None:
    known = {
        f"{each.content_type.app_label}.{each.codename}"
        for each in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        assert roles.permissions_of(role) - known == set(), role.name
        assert {*role.view, *role.edit} <= {area.key for area in AREAS}


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_new_shop_has_the_role(role: roles.Role, db: None) -> None:
    held = Group.objects.get(name=role.name).permissions.select_related("content_type")
    names = {f"{each.content_type.app_label}.{each.codename}" for each in held}
    assert names == roles.permissions_of(role)


def test_migrate_grants_new_permissions_and_keeps_what_an_owner_removed(db: None) -> None:
    packing, gone = Group.objects.get(name="Packing"), "count_stock"
    packing.permissions.remove(Permission.objects.get(codename=gone))
    Permission.objects.filter(codename="receive_stock").delete()
    roles.grant_new_permissions(apps.get_app_config("partner"), using="default")
    held = set(packing.permissions.values_list("codename", flat=True))
    assert "receive_stock" in held
    assert gone not in held


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_role_opens_exactly_its_pages(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User], charlie: User
) -> None:
    client, top = Client(), Client()
    client.force_login(with_role(role.name))
    top.force_login(charlie)
    wrong = {}
    for model in REGISTRY:
        row = rows.get(model)
        paths = {
            "changelist": ("view", url(model, "changelist")),
            "add": ("add", url(model, "add")),
        }
        if row is not None:
            paths["change"] = ("view", url(model, "change", row.pk))
            paths["delete"] = ("delete", url(model, "delete", row.pk))
            paths["history"] = ("view", url(model, "history", row.pk))
        for page, (verb, path) in paths.items():
            expected = 403
            if may(role, model, verb):
                expected = _POSSIBLE.get((model, page)) or top.get(path).status_code
                _POSSIBLE[model, page] = expected
            if (found := client.get(path).status_code) != expected:
                wrong[model._meta.label, page] = (found, expected)
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_role_cannot_save_add_or_delete_beyond_its_table(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(with_role(role.name))
    before = LogEntry.objects.count()
    wrong = {}
    for model, row in rows.items():
        posts = {
            "add": url(model, "add"),
            "change": url(model, "change", row.pk),
            "delete": url(model, "delete", row.pk),
        }
        if isinstance(REGISTRY.get(model), RecordAdmin):
            del posts["change"]  # the page has no form, and shows itself again
        for verb, path in posts.items():
            if not may(role, model, verb) and client.post(path, {"post": "x"}).status_code != 403:
                wrong[model._meta.label] = verb
    assert wrong == {}
    assert LogEntry.objects.count() == before


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_role_performs_exactly_its_actions(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User]
) -> None:
    client = Client()
    client.force_login(with_role(role.name))
    wrong = {}
    for model, model_admin in REGISTRY.items():
        if not isinstance(model_admin, ActionAdmin) or model not in rows:
            continue
        for name, form in model_admin.record_actions.items():
            path = url(model, "action", rows[model].pk, name)
            user = User.objects.get(email="robin@example.com")
            allowed = sees(role, model) and form.is_permitted(user)
            if form.__dict__.get("permission") and sees(role, model):
                assert allowed == (form.permission in roles.permissions_of(role)), (role, form)
            for answer in (client.get(path), None if allowed else client.post(path)):
                if answer and (answer.status_code == 403) == allowed:
                    wrong[model._meta.label, name] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_role_opens_no_other_page_of_what_it_may_not_see(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User]
) -> None:
    # Mutation: without its check, the CSV file of codes was downloaded
    client = Client()
    client.force_login(with_role(role.name))
    hidden = [model for model in REGISTRY if model in rows and not sees(role, model)]
    pages = [
        page
        for model in hidden
        for page in pages_of(REGISTRY[model], url(model, "changelist"), rows[model].pk)
    ]
    assert [page for page in pages if client.get(page).status_code == 200] == []


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_role_sees_exactly_its_reports(
    role: roles.Role, with_role: Callable[..., User], rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = with_role(role.name)
    assert [report.name for report in permitted(request)] == list(SEEN_REPORTS[role.name])


ORDER_REPORTS = ("sales", "products", "categories", "destinations")
SEEN_REPORTS = {
    OWNER: REPORTS,
    "Orders": [name for name in REPORTS if name != "campaigns"],
    "Packing": [*ORDER_REPORTS, "stock", "searches", "returns", "promises", "carts"],
    "Catalogue": ["stock", "promotions", "searches"],
    "Content": ["searches", "campaigns"],
    "Support": [name for name in REPORTS if name != "promotions"],
    "Read-only": REPORTS,
}


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_lists_offer_actions_that_the_role_may_perform(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User], rf: RequestFactory
) -> None:
    request = rf.get("/")
    request.user = with_role(role.name)
    wrong = {}
    for model, model_admin in REGISTRY.items():
        if not sees(role, model):
            continue
        for name in model_admin.get_actions(request):
            action = getattr(model_admin, name, None)
            if name == "delete_selected":
                if not may(role, model, "delete"):
                    wrong[model._meta.label] = name
            elif not getattr(action, "allowed_permissions", None):
                wrong[model._meta.label] = f"{name} declares no permission"
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_only_some_roles_export_personal_data(
    role: roles.Role, with_role: Callable[..., User], rf: RequestFactory
) -> None:
    client, request = Client(), rf.get("/")
    request.user = with_role(role.name)
    client.force_login(request.user)
    allowed = {
        name
        for name in ("orders", "customers")
        if client.get(f"/admin/imports/importjob/export/{name}.csv").status_code == 200
    }
    if client.get("/admin/newsletter/subscriber/export/").status_code == 200:
        allowed.add("subscribers")
    orders = {"orders"} if "export_csv" in REGISTRY[Order].get_actions(request) else set()
    assert orders == allowed & {"orders"}
    expected = {OWNER: {"orders", "customers", "subscribers"}, "Orders": {"orders"}}
    assert allowed == expected.get(role.name, set())


_LINK = re.compile(r'href="(/admin/[^"?#]*)')


@pytest.mark.parametrize("role", ROLES, ids=lambda each: each.name)
def test_no_page_links_to_what_the_role_may_not_do(
    role: roles.Role, rows: dict[type, Any], with_role: Callable[..., User]
) -> None:
    # Mutation: a matrix of roles on each account's page gave 6 dead links.
    client = Client()
    client.force_login(with_role(role.name))
    pages = [reverse("admin:index")]
    for model, row in rows.items():
        if model in REGISTRY and sees(role, model):
            pages += [url(model, "changelist"), url(model, "change", row.pk)]
    checked: dict[str, int] = {}
    dead = set()
    for page in pages:
        for path in set(_LINK.findall(client.get(page).content.decode())):
            if path not in checked:
                checked[path] = client.get(path).status_code
            if checked[path] == 403:
                dead.add((page, path))
    assert dead == set()


def test_menu_shows_the_role_its_work_only(client: Client, with_role: Callable[..., User]) -> None:
    client.force_login(with_role("Packing"))
    page = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:order_order_changelist") in page
    for name in ("users_user", "policies_policyversion", "auth_group", "payment_transaction"):
        assert reverse(f"admin:{name}_changelist") not in page


def test_matrix_shows_levels_and_actions(staff: Client) -> None:
    page = staff.get(reverse("admin:auth_group_changelist")).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Work area Owner Orders Packing Catalogue Content Support Read-only" in text
    assert "Stock Edit" in text
    assert "Receive stock" in text


def test_role_page_offers_work_areas_not_permissions(staff: Client) -> None:
    packing = Group.objects.get(name="Packing")
    page = staff.get(url(Group, "change", packing.pk)).content.decode()
    shown = set(fields_of(page)["permissions"])
    assert shown == {
        "orders:view", "products:view", "stock:view", "settings:view", "order.ship_order",
        "order.add_ordernote", "returns.receive_return", "partner.receive_stock",
        "partner.count_stock",
    }  # fmt: skip


def test_area_is_added_to_a_role_and_nothing_else_changes(staff: Client) -> None:
    packing = Group.objects.get(name="Packing")
    before = set(packing.permissions.values_list("codename", flat=True))
    path = url(Group, "change", packing.pk)
    data = fields_of(staff.get(path).content.decode())
    data["permissions"] = [*data["permissions"], "tickets:view"]
    assert staff.post(path, data).status_code == 302
    after = set(packing.permissions.values_list("codename", flat=True))
    assert after == before | {"view_ticket", "view_message"}


def test_owner_role_never_changes(staff: Client) -> None:
    owner = Group.objects.get(name=OWNER)
    count = owner.permissions.count()
    path = url(Group, "change", owner.pk)
    assert staff.post(path, {"name": "Owner", "permissions": []}).status_code == 403
    assert staff.post(url(Group, "delete", owner.pk), {"post": "yes"}).status_code == 403
    assert owner.permissions.count() == count


def test_unknown_option_is_rejected(staff: Client) -> None:
    path = url(Group, "add")
    answer = staff.post(path, {"name": "Crew", "permissions": ["staff:all", "\x00", "9" * 30]})
    assert answer.status_code == 200
    assert not Group.objects.filter(name="Crew").exists()


def test_permissions_that_no_checkbox_shows_stay(staff: Client) -> None:
    crew = Group.objects.create(name="Crew")
    partly, other = (Permission.objects.get(codename=each) for each in ("change_order", "add_site"))
    crew.permissions.set([partly, other])
    path = url(Group, "change", crew.pk)
    data = fields_of(staff.get(path).content.decode())
    assert staff.post(path, {**data, "name": "Flight crew"}).status_code == 302
    assert set(crew.permissions.all()) == {partly, other}
