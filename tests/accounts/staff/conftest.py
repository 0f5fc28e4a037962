"""Staff members with one role each."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from accounts.users.models import User


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
