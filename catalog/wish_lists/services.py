"""Changes to the wish lists of one customer."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.users.models import User
from catalog.models import Product
from catalog.wish_lists.models import Line, WishList
from microflight.core.errors import ServiceError

MAX_LISTS = 20  # of one customer
MAX_LINES = 100  # of one list


@transaction.atomic
def add(*, user: User, product: Product, wish_list: WishList | None = None) -> WishList:
    """Add a product to a list, by default the customer's newest one, which is created if needed.

    A product that is on the list already stays there once. Raises ServiceError if it is full.
    """
    _lock(user)
    wish_list = wish_list or WishList.objects.filter(owner=user).last()
    wish_list = wish_list or create(user=user, name=_("Wish list"))
    if not wish_list.lines.filter(product=product).exists():
        if wish_list.lines.count() >= MAX_LINES:
            raise ServiceError(_("This wish list is full. Create another one."))
        wish_list.lines.create(product=product, title=product.get_title())
    return wish_list


@transaction.atomic
def create(*, user: User, name: str) -> WishList:
    """Create a list. Raises ServiceError if the customer has too many."""
    _lock(user)
    if WishList.objects.filter(owner=user).count() >= MAX_LISTS:
        text = _("You have %(most)s wish lists. Delete one to create another.")
        raise ServiceError(text % {"most": MAX_LISTS})
    return WishList.objects.create(owner=user, name=name)


@transaction.atomic
def move(*, user: User, line: Line, to: WishList) -> None:
    """Move a product to another list of the customer. Raises ServiceError if that is full."""
    if line.product and line.wishlist_id != to.pk:
        add(user=user, product=line.product, wish_list=to)
        line.delete()


def _lock(user: User) -> None:
    """Lock the account until the end of the transaction, so that limits are exact."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
