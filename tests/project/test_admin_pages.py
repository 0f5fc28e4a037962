"""Every list, search, add and change page of the admin opens for who may see it."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def _list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_list_opens_and_searches(model: type, staff: Client) -> None:
    assert staff.get(_list_of(model)).status_code == 200
    assert staff.get(_list_of(model), {"q": "3.6 g'\""}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_staff_without_permissions_are_rejected(model: type, client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(_list_of(model)).status_code == 403


def test_start_page_shows_to_do(staff: Client) -> None:
    page = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>0</strong> orders to ship" in page
    assert "Shipping rates" in page


def test_start_page_runs_few_queries(staff: Client) -> None:
    url = reverse("admin:index")
    staff.get(url)
    with CaptureQueriesContext(connection) as asked:
        staff.get(url)
    # session, person, the numbers, orders that may ship late or are held, overdue facts, last
    # audit, changes
    assert len(asked) <= 7


def test_to_do_respects_permissions(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(alice)
    page = client.get(reverse("admin:index")).content.decode()
    assert "orders to ship" in page
    assert "failed emails" not in page
    assert "Outbox" not in page


@pytest.mark.parametrize("label", sorted({model._meta.app_label for model in MODELS}))
def test_app_page_opens(label: str, staff: Client) -> None:
    assert staff.get(reverse("admin:app_list", args=[label])).status_code == 200


def test_oscar_admins_are_not_registered() -> None:
    modules = {type(one).__module__.split(".")[0] for one in admin.site._registry.values()}
    assert modules == {"accounts", "catalog", "checkout", "microflight", "policies"}


OLD_URLS = [
    ("order/order/7/take/do/", "order/order/7/capture/do/"),
    ("order/order/7/pieces/do/", "order/order/7/cancel-items/do/"),
    ("returns/return/7/refuse/do/", "returns/return/7/decline/do/"),
    ("policies/policyversion/7/publish/", "policies/policyversion/7/publish/do/"),
    ("policies/policyversion/7/send-back/do/", "policies/policyversion/7/return/do/"),
    ("policies/policyversion/7/restore/do/", "policies/policyversion/7/create-draft/do/"),
    ("newsletter/campaign/7/launch/", "newsletter/campaign/7/launch/do/"),
    ("newsletter/campaign/7/pause/", "newsletter/campaign/7/pause/do/"),
    ("newsletter/importrun/7/start/", "newsletter/importrun/7/start/do/"),
    ("newsletter/subscriber/7/leave/do/", "newsletter/subscriber/7/unsubscribe/do/"),
    ("newsletter/subscriber/7/never/do/", "newsletter/subscriber/7/do-not-contact/do/"),
    ("newsletter/subscriber/wrote/", "newsletter/subscriber/lookup/"),
    (
        "returns/return/pictures/0f0c5c0e-0000-4000-8000-000000000001/",
        "returns/return/photos/0f0c5c0e-0000-4000-8000-000000000001/",
    ),
]


@pytest.mark.parametrize(("old", "new"), OLD_URLS)
def test_old_action_url_redirects(old: str, new: str, staff: Client) -> None:
    # Mutation: with the old URLs after the current ones, "take" was 404.
    response = staff.get(f"/admin/{old}")
    assert (response.status_code, response.url) == (301, f"/admin/{new}")
