"""After a test that committed, the database is as Django's `flush` leaves it."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sites.models import Site
from django.test import TransactionTestCase

from accounts.users.models import User
from checkout.order.models import Order
from tests.accounts.orders import make_order
from tests.engines import table_reset


# Mutation: without writing changed rows again, the domain stayed; without deleting, the order did.
@pytest.mark.django_db(transaction=True)
def test_written_rows_are_deleted_and_changed_ones_restored() -> None:
    table_reset.reset(TransactionTestCase())
    roles = set(Group.objects.values_list("name", flat=True))
    permissions = Permission.objects.count()
    make_order(user=User.objects.create_user("erin@example.com"))
    Site.objects.update(domain="changed.example")
    Group.objects.all().delete()
    table_reset.reset(TransactionTestCase())
    assert not User.objects.exists()
    assert not Order.objects.exists()
    assert [site.domain for site in Site.objects.all()] == ["example.com"]
    assert set(Group.objects.values_list("name", flat=True)) == roles
    assert Permission.objects.count() == permissions
    assert Group.permissions.through.objects.exists()
