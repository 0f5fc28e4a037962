"""Ask, prove the address, hear of it, end it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.waiting import emails
from catalog.waiting.links import PROVE_WITHIN
from catalog.waiting.models import LIVE, Asking, AskingState

if TYPE_CHECKING:
    from accounts.users.models import User

#: For so long a piece counts as offered to whoever was told of it. Then, if it is still there,
#: the next person hears of it.
OFFER_LASTS = timedelta(hours=24)
#: Afterwards nothing is kept of who asked for what.
FORGET_AFTER = timedelta(days=90)


def proved_address(user: Any) -> str:
    """Return the account's own address if it is known to be theirs, else nothing."""
    if not user.is_authenticated:
        return ""
    proved = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return user.email.lower() if proved.exists() else ""


@transaction.atomic
def ask(*, product: Product, email: str, user: "User | None" = None, proved: bool) -> Asking:
    """Note the wish; unless the address is `proved`, a letter with a link asks for that first.

    Who waits already goes on waiting, in the same place. Who has not proved the address gets the
    link again.
    """
    asking, new = Asking.objects.get_or_create(
        product=product,
        email=email.lower(),
        state__in=LIVE,
        defaults={"state": AskingState.UNCONFIRMED, "user": user},
    )
    if asking.state == AskingState.UNCONFIRMED:
        if proved:
            asking.state, asking.user = AskingState.WAITING, user
            asking.save(update_fields=["state", "user"])
        else:
            emails.confirm_asking(asking)
    return asking


@transaction.atomic
def confirm(pk: int) -> Asking | None:
    """The address is proved: the wish counts. A second call changes nothing; None if it is gone."""
    asking = Asking.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if asking is not None and asking.state == AskingState.UNCONFIRMED:
        asking.state = AskingState.WAITING
        asking.save(update_fields=["state"])
    return asking


def end_all(email: str) -> int:
    """End all that an address waits for; returns how much that was."""
    return _end(Asking.objects.filter(email=email.lower()))


def end_all_with(pk: int) -> int:
    """End all that the address of one wish waits for; 0 where the wish is long forgotten."""
    asking = Asking.objects.filter(pk=pk).first()
    return end_all(asking.email) if asking else 0


def end_one(*, user: "User", pk: int) -> int:
    """End one wish of an account; 0 where it has no such wish."""
    return _end(Asking.objects.of(user).filter(pk=pk))


def _end(found: Any) -> int:
    live = found.filter(state__in=LIVE)
    return int(live.update(state=AskingState.ENDED, ended_at=timezone.now()))


# --- The job -------------------------------------------------------------------------------------


def tell_all() -> int:
    """Tell those who wait for what is free; returns how many. Two at once tell nobody twice."""
    free = StockRecord.objects.filter(num_in_stock__gt=Coalesce(F("num_allocated"), 0))
    waited_for = Asking.objects.filter(state=AskingState.WAITING, product__stockrecords__in=free)
    products = set(waited_for.values_list("product_id", flat=True))
    return sum(tell(pk) for pk in sorted(products))


@transaction.atomic
def tell(product_pk: int) -> int:
    """Tell as many people as there are pieces that are free and not offered, the oldest first.

    The stock record is locked, so that two jobs do not offer one piece twice. The letter is a row
    of this transaction: a worker that dies has told either everybody chosen or nobody.
    """
    found = StockRecord.objects.select_for_update(of=("self",)).filter(product=product_pk)
    record = found.order_by("pk").first()
    if record is None or not _on_sale(product_pk):
        return 0
    now = timezone.now()
    offered = Asking.objects.filter(
        product=product_pk, state=AskingState.TOLD, told_at__gt=now - OFFER_LASTS
    )
    spare = (record.net_stock_level or 0) - offered.count()
    if spare <= 0:
        return 0
    waiting = Asking.objects.waiting().filter(product=product_pk)
    chosen = list(waiting.select_for_update(of=("self",))[:spare])
    for asking in chosen:
        asking.state, asking.told_at = AskingState.TOLD, now
        asking.save(update_fields=["state", "told_at"])
        emails.back_in_stock(asking)
    return len(chosen)


def _on_sale(product_pk: int) -> bool:
    shown = Q(parent=None) | Q(parent__is_public=True)
    return Product.objects.filter(shown, pk=product_pk, is_public=True).exists()


def tidy() -> int:
    """Delete wishes whose address was never proved, and those answered or ended long ago."""
    now = timezone.now()
    unproved = Q(state=AskingState.UNCONFIRMED, asked_at__lt=now - 2 * PROVE_WITHIN)
    done = Q(told_at__lt=now - FORGET_AFTER) | Q(ended_at__lt=now - FORGET_AFTER)
    return Asking.objects.filter(unproved | done).delete()[0]
