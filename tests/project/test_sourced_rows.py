"""Facts with a check-again date on the admin's start page."""

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from checkout.tax.models import TaxRate
from tests.project.admin_rows import ROWS

START = reverse("admin:index")


@pytest.fixture
def rate(db: None) -> TaxRate:
    """A rate to check again on 2027-03-01, and one that is not due."""
    ROWS["tax.TaxRate"](2)
    rate = ROWS["tax.TaxRate"](1)
    TaxRate.objects.filter(pk=rate.pk).update(check_again_on=date(2027, 3, 1))
    return rate


# 2027-03-02 begins in Saskatoon at 06:00 UTC
@pytest.mark.parametrize(
    ("now", "overdue"), [("2027-03-02T05:59:00Z", False), ("2027-03-02T06:00:00Z", True)]
)
def test_overdue_fact_is_on_the_start_page(
    now: str, overdue: bool, client: Client, charlie: User, rate: TaxRate
) -> None:
    # Mutation: with `check_again_on__lte`, it is there a day early
    with time_machine.travel(now, tick=False):
        client.force_login(charlie)
        page = client.get(START).content.decode()
        listed = client.get(reverse("admin:tax_taxrate_changelist") + "?check=overdue")
    assert ("<strong>1</strong> tax rates to check again" in page) == overdue
    assert "?check=overdue" in page if overdue else "?check=overdue" not in page
    assert list(listed.context["cl"].queryset) == ([rate] if overdue else [])
    assert ("1 Mar 2027, overdue" in listed.content.decode()) == overdue


def test_overdue_fact_is_hidden_without_permission(
    client: Client, alice: User, rate: TaxRate
) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    TaxRate.objects.update(check_again_on=date(2026, 1, 1))
    client.force_login(alice)
    assert "to check again" not in client.get(START).content.decode()


def test_unconfirmed_facts_are_filtered(staff: Client, rate: TaxRate) -> None:
    TaxRate.objects.exclude(pk=rate.pk).update(confirmed=True)
    listed = staff.get(reverse("admin:tax_taxrate_changelist") + "?check=unconfirmed")
    assert list(listed.context["cl"].queryset) == [rate]
