"""The admin pages of audits."""

from datetime import timedelta
from typing import Any

import pytest
from celery.schedules import crontab
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from checkout.audit import tasks
from checkout.audit.models import AuditRun
from microflight.celery import app
from tests.checkout.audit.helpers import audit
from tests.stripe_double.control import Double

LIST = "admin:audit_auditrun_changelist"
BREACH = {
    "check": "committed-stock",
    "subject": "SKU MF-1",
    "problem": "Committed: 3; reserved by orders: 2.",
    "action": "Count the stock.",
}


@pytest.fixture
def breached(db: None) -> AuditRun:
    """A run with one problem and one check that did not run."""
    check = {
        "name": "committed-stock",
        "rule": "All committed stock belongs to open orders.",
        "complete": True,
    }
    return AuditRun.objects.create(
        finished_at=timezone.now(),
        breach_count=1,
        breaches=[BREACH],
        checks=[
            {**check, "checked": 7, "breaches": 1},
            {"name": "stripe-payments", "rule": "All is well.", "complete": False, "checked": 0,
             "breaches": 0},
        ],
        not_checked=["Stripe did not answer: timeout"],
    )  # fmt: skip


def _may(user: User, client: Client, *rights: str) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def test_page_shows_each_problem_and_action(staff: Client, breached: AuditRun):
    page = staff.get(reverse("admin:audit_auditrun_change", args=[breached.pk])).content.decode()
    for words in (*list(BREACH.values())[1:], "✗ Problems found", "! Incomplete"):
        assert words in page
    assert "Not checked: Stripe did not answer: timeout" in page


def test_start_page_shows_the_last_result(staff: Client, breached: AuditRun):
    page = staff.get(reverse("admin:index")).content.decode()
    assert "✗ Problems found" in page
    assert ", 1 problem</a>" in page
    AuditRun.objects.update(breach_count=0, not_checked=[])
    page = staff.get(reverse("admin:index")).content.decode()
    assert "✓ No problems" in page
    assert "Is beat running?" not in page


def test_start_page_warns_when_the_last_audit_is_old(staff: Client, breached: AuditRun):
    AuditRun.objects.update(started_at=timezone.now() - timedelta(hours=27))
    assert (
        "! No audit since then. Is beat running?"
        in staff.get(reverse("admin:index")).content.decode()
    )


@pytest.mark.parametrize(
    ("age", "verdict"), [(59, "… Running"), (61, "! Interrupted")], ids=["young", "old"]
)
def test_unfinished_run_counts_as_interrupted_after_an_hour(
    staff: Client, db: None, age: int, verdict: str
):
    AuditRun.objects.create()
    AuditRun.objects.update(started_at=timezone.now() - timedelta(minutes=age))
    assert verdict in staff.get(reverse(LIST)).content.decode()


def test_staff_without_permission_see_no_result(alice: User, client: Client, breached: AuditRun):
    page = _may(alice, client, "view_order").get(reverse("admin:index")).content.decode()
    assert "Audit of payments and stock" not in page


def test_read_only_staff_cannot_start_an_audit(
    alice: User, client: Client, breached: AuditRun, monkeypatch: Any
):
    asked: list[Any] = []
    monkeypatch.setattr(tasks.audit, "apply_async", lambda *a, **k: asked.append(a))
    clerk = _may(alice, client, "view_auditrun")
    assert "Run audit" not in clerk.get(reverse(LIST)).content.decode()
    assert clerk.post(reverse("admin:audit_auditrun_run")).status_code == 403
    assert asked == []


def test_staff_with_permission_start_an_audit(
    alice: User, client: Client, monkeypatch: Any, stripe_double: Double
):
    asked: list[Any] = []
    monkeypatch.setattr(tasks.audit, "apply_async", lambda args, **k: asked.append(args))
    clerk = _may(alice, client, "view_auditrun", "run_audit")
    assert "Run audit" in clerk.get(reverse(LIST)).content.decode()
    assert clerk.get(reverse("admin:audit_auditrun_run")).status_code == 405
    page = clerk.post(reverse("admin:audit_auditrun_run"), follow=True).content.decode()
    assert "Audit started." in page
    assert asked == [(alice.pk,)]
    tasks.audit(*asked[0])
    assert (AuditRun.objects.get().by, AuditRun.objects.get().is_clean) == (alice, True)


def test_unavailable_queue_is_reported(staff: Client, monkeypatch: Any):
    def refuse(*args: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.audit, "apply_async", refuse)
    page = staff.post(reverse("admin:audit_auditrun_run"), follow=True).content.decode()
    assert "The audit could not start: the task queue is unavailable" in page


def test_audit_is_scheduled_at_half_past_three():
    entry = app.conf.beat_schedule["audit"]
    assert (entry["task"], entry["schedule"]) == (tasks.audit.name, crontab("30", "3"))
    assert app.conf.timezone == "America/Regina"


def test_failing_check_is_reported(monkeypatch: Any, db: None, stripe_double: Double):
    def broken(*args: Any) -> bool:
        raise ValueError

    from checkout.audit.checks import orders
    from checkout.order.models import Order

    Order.objects.create(
        number="100014", status="pending", total_incl_tax=0, total_excl_tax=0,
        date_placed=timezone.now(),
    )  # fmt: skip
    monkeypatch.setattr(orders, "is_order_number", broken)
    lines, code = audit()
    assert "NOT CHECKED: order-numbers failed: ValueError" in lines
    assert code == 1
