"""The user model: customers and staff."""

from typing import Any, ClassVar

from django.db import transaction
from oscar.apps.customer.abstract_models import AbstractUser
from oscar.apps.customer.abstract_models import UserManager as OscarUserManager


class UserManager(OscarUserManager):
    """Creates users who can log in."""

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None, **fields: Any) -> "User":
        """Create a superuser with a verified email address.

        Without one they could not log in, and the shop may not be able to send email yet. Running
        `createsuperuser` requires access to the database anyway.
        """
        user: User = super().create_superuser(email, password, **fields)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user


class User(AbstractUser):
    """A customer or staff member, identified by email address."""

    objects: ClassVar[UserManager] = UserManager()
