"""People with an account."""

from oscar.apps.customer.abstract_models import AbstractUser


class User(AbstractUser):
    """A customer or a member of staff, known by an e-mail address."""
