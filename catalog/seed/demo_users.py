"""The users of the demo, loaded only with `--demo-users`."""

from allauth.account.models import EmailAddress

from accounts.users.models import User

# email, password, first name
STAFF = ("staff@microflight.example", "fly-staff-3.6g", "Robin")
CUSTOMER = ("alice@example.com", "fly-alice-3.6g", "Alice")


def load_demo_users() -> None:
    """Create a superuser and a customer, both with verified emails."""
    _user(*STAFF, is_staff=True, is_superuser=True)
    _user(*CUSTOMER)


def _user(email: str, password: str, first_name: str, **rights: bool) -> None:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, first_name=first_name, **rights)
        user.set_password(password)
        user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
