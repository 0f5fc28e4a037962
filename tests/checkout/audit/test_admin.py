"""What staff see of the audit, and who may start one."""

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
from tests.checkout.audit.running import audit
from tests.stripe_double.control import Double

LIST = "admin:audit_auditrun_changelist"
BREACH = {
    "check": "stock-promised",
    "subject": "SKU MF-1",
    "what": "3 pieces are promised, and orders hold 2.",
    "todo": "Count the shelf.",
}


@pytest.fixture
def breached(db: None) -> AuditRun:
    """A run that found one thing, and could not look at another."""
    check = {"name": "stock-promised", "proves": "Every piece that is promised is.", "whole": True}
    return AuditRun.objects.create(
        finished_at=timezone.now(),
        breach_count=1,
        breaches=[BREACH],
        checks=[
            {**check, "looked_at": 7, "breaches": 1},
            {"name": "stripe", "proves": "All is well.", "whole": False, "looked_at": 0,
             "breaches": 0},
        ],
        unanswered=["Stripe could not be asked: it did not answer."],
    )  # fmt: skip


def _may(user: User, client: Client, *rights: str) -> Client:
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def test_a_run_shows_each_breach_and_what_to_do(staff: Client, breached: AuditRun):
    page = staff.get(reverse("admin:audit_auditrun_change", args=[breached.pk])).content.decode()
    for words in (*list(BREACH.values())[1:], "✗ Breaches found", "! not checked to its end"):
        assert words in page
    assert "Not checked: Stripe could not be asked: it did not answer." in page


def test_the_start_page_says_how_the_last_audit_ended(staff: Client, breached: AuditRun):
    page = staff.get(reverse("admin:index")).content.decode()
    assert "✗ Breaches found" in page
    assert ", 1 breach</a>" in page
    AuditRun.objects.update(breach_count=0, unanswered=[])
    page = staff.get(reverse("admin:index")).content.decode()
    assert "✓ Nothing wrong" in page
    assert "is beat running?" not in page


def test_the_start_page_says_when_the_last_audit_is_old(staff: Client, breached: AuditRun):
    AuditRun.objects.update(started_at=timezone.now() - timedelta(hours=27))
    assert "! None since: is beat running?" in staff.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize(
    ("age", "verdict"), [(59, "… Running"), (61, "! Broke off")], ids=["young", "old"]
)
def test_a_run_that_has_not_ended_runs_for_an_hour_and_then_broke_off(
    staff: Client, db: None, age: int, verdict: str
):
    AuditRun.objects.create()
    AuditRun.objects.update(started_at=timezone.now() - timedelta(minutes=age))
    assert verdict in staff.get(reverse(LIST)).content.decode()


def test_staff_without_the_right_see_no_result(alice: User, client: Client, breached: AuditRun):
    page = _may(alice, client, "view_order").get(reverse("admin:index")).content.decode()
    assert "Audit of money and stock" not in page


def test_who_may_only_read_has_no_button_and_starts_nothing(
    alice: User, client: Client, breached: AuditRun, monkeypatch: Any
):
    asked: list[Any] = []
    monkeypatch.setattr(tasks.audit, "apply_async", lambda *a, **k: asked.append(a))
    clerk = _may(alice, client, "view_auditrun")
    assert "Run an audit now" not in clerk.get(reverse(LIST)).content.decode()
    assert clerk.post(reverse("admin:audit_auditrun_run")).status_code == 403
    assert asked == []


def test_who_may_run_it_hands_it_to_a_worker_in_their_name(
    alice: User, client: Client, monkeypatch: Any, stripe_double: Double
):
    asked: list[Any] = []
    monkeypatch.setattr(tasks.audit, "apply_async", lambda args, **k: asked.append(args))
    clerk = _may(alice, client, "view_auditrun", "run_audit")
    assert "Run an audit now" in clerk.get(reverse(LIST)).content.decode()
    assert clerk.get(reverse("admin:audit_auditrun_run")).status_code == 405
    page = clerk.post(reverse("admin:audit_auditrun_run"), follow=True).content.decode()
    assert "The audit is on its way." in page
    assert asked == [(alice.pk,)]
    tasks.audit(*asked[0])
    assert (AuditRun.objects.get().by, AuditRun.objects.get().is_clean) == (alice, True)


def test_when_the_queue_is_down_staff_read_so(staff: Client, monkeypatch: Any):
    def refuse(*args: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.audit, "apply_async", refuse)
    page = staff.post(reverse("admin:audit_auditrun_run"), follow=True).content.decode()
    assert "The audit could not be handed to a worker" in page


def test_beat_runs_it_at_half_past_three_in_saskatoon():
    entry = app.conf.beat_schedule["audit"]
    assert (entry["task"], entry["schedule"]) == (tasks.audit.name, crontab("30", "3"))
    assert app.conf.timezone == "America/Regina"


def test_a_check_that_breaks_off_is_not_silent(monkeypatch: Any, db: None, stripe_double: Double):
    def broken(*args: Any) -> bool:
        raise ValueError

    from checkout.audit.checks import desk
    from checkout.order.models import Order

    Order.objects.create(
        number="100014", status="pending", total_incl_tax=0, total_excl_tax=0,
        date_placed=timezone.now(),
    )  # fmt: skip
    monkeypatch.setattr(desk, "is_order_number", broken)
    lines, code = audit()
    assert "NOT CHECKED: numbers broke off: ValueError" in lines
    assert code == 1
