"""`python -m tests.storm.shop`: create the storm's products; print their URLs and IDs as JSON.

Runs in the shop's own environment, on an empty migrated database.
"""

import json
import sys

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from oscar.apps.voucher.models import Voucher  # noqa: E402

from accounts.users.models import User  # noqa: E402
from catalog.seed.demo_users import load_demo_users  # noqa: E402
from checkout.offers.models import ConditionalOffer  # noqa: E402
from microflight.seed import load_site, package_loaders  # noqa: E402
from tests.checkout.factories import make_offer, make_product, make_voucher  # noqa: E402
from tests.storm.plan import ACCOUNTS, PRODUCTS, SINGLE_USE  # noqa: E402

PASSWORD = "fly-storm-3.6g"


def main() -> None:
    """Create everything, and print the products."""
    load_site()
    for _, load in package_loaders():
        load()
    load_demo_users()
    _accounts()
    _offers()
    sys.stdout.write(json.dumps(_products()))


def _products() -> dict[str, tuple[str, int]]:
    shelf = {}
    for place, (name, (pieces, backorder)) in enumerate(PRODUCTS.items()):
        price = f"{9 + 7 * place}.{place:02}"
        made = make_product(name, price=price, stock=pieces, backorder=backorder)
        shelf[name] = (made.get_absolute_url(), made.pk)
    return shelf


def _accounts() -> None:
    for number in range(ACCOUNTS):
        user = User(email=f"storm{number}@example.com", first_name="Sam")
        user.set_password(PASSWORD)
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _offers() -> None:
    """Create vouchers with every kind of limit, and an offer with a limit."""
    make_voucher("STORM10")
    make_voucher("MINE", usage=Voucher.ONCE_PER_CUSTOMER)
    make_voucher("FEW", offer_options={"percent": "15", "max_global_applications": 15})
    for number in range(SINGLE_USE):
        make_voucher(f"ONCE{number}", usage=Voucher.SINGLE_USE)
    make_offer("Three at once", "5", least=3, max_global_applications=30)
    ConditionalOffer.objects.update(status=ConditionalOffer.OPEN)


if __name__ == "__main__":
    main()
