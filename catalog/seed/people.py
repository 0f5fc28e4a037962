"""The demo's log-ins. Never loaded unless `--demo-users` asks for them."""

from allauth.account.models import EmailAddress

from accounts.users.models import User

# address, password, first name
STAFF = ("staff@microflight.example", "fly-staff-3.6g", "Robin")
CUSTOMER = ("alice@example.com", "fly-alice-3.6g", "Alice")


def load_people() -> None:
    """One member of staff with every right and one customer, both with verified addresses."""
    _person(*STAFF, is_staff=True, is_superuser=True)
    _person(*CUSTOMER)


def _person(email: str, password: str, first_name: str, **rights: bool) -> None:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, first_name=first_name, **rights)
        user.set_password(password)
        user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
