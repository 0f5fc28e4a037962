"""People with an account."""

from typing import Any, ClassVar

from django.db import transaction
from oscar.apps.customer.abstract_models import AbstractUser
from oscar.apps.customer.abstract_models import UserManager as OscarUserManager


class UserManager(OscarUserManager):
    """Makes accounts that can log in."""

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None, **fields: Any) -> "User":
        """Make a member of staff with every right, whose address counts as verified.

        Whoever runs `createsuperuser` holds the database already; without a verified address the
        new account could not log in, and the shop may not be able to send mail yet.
        """
        user: User = super().create_superuser(email, password, **fields)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user


class User(AbstractUser):
    """A customer or a member of staff, known by an e-mail address."""

    objects: ClassVar[UserManager] = UserManager()
