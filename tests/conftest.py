"""Users and fixtures for all tests."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from accounts.users.models import User
from tests.engines import table_reset

table_reset.use()

# Hypothesis measures time by the clock: on a busy machine, or while the first example imports a
# module, any example may seem slow. How many examples there are does not depend on it.
settings.register_profile("shop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shop")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one cached."""
    cache.clear()


@pytest.fixture
def needs_postgres() -> None:
    """Skip what SQLite cannot show: it allows one writer at a time."""
    if connection.vendor != "postgresql":
        pytest.skip("threads that write at once need PostgreSQL; SQLite queues them at BEGIN")


def _person(name: str) -> User:
    user = User.objects.create_user(f"{name}@example.com", f"pass-{name}-3.6", first_name=name)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def alice(db: None) -> User:
    """A customer."""
    return _person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Another customer, who must not see Alice's things."""
    return _person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """A member of staff with every right."""
    user = _person("charlie")
    user.is_staff = user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def staff(client: Client, charlie: User) -> Client:
    """A browser in which Charlie is logged in."""
    client.force_login(charlie)
    return client


@pytest.fixture
def with_role(db: None) -> Callable[..., User]:
    """Return a function that creates a staff member with roles."""

    def create(*roles: str, email: str = "robin@example.com") -> User:
        user = User.objects.create_user(email, "pass-robin-3.6")
        User.objects.filter(pk=user.pk).update(is_staff=True)
        user.emailaddress_set.create(email=email, verified=True, primary=True)
        user.groups.set(Group.objects.filter(name__in=roles))
        assert user.groups.count() == len(roles)
        return User.objects.get(pk=user.pk)

    return create
