"""What a shopper keeps for later: a second cart, found by account or by session."""

from typing import Any

from checkout.basket.models import Basket

_SESSION_KEY = "kept_for_later"


def saved_basket(request: Any) -> Basket:
    """Return what this visitor keeps for later; unsaved and empty where there is nothing yet.

    What a guest kept goes to the account at the first look after logging in.
    """
    found = _account_saved(request) if request.user.is_authenticated else _guest_saved(request)
    found.strategy = request.strategy
    return found


def remember_saved(request: Any, saved: Basket) -> None:
    """Let a guest's session find the saved cart again."""
    if saved.owner_id is None and request.session.get(_SESSION_KEY) != saved.pk:
        request.session[_SESSION_KEY] = saved.pk


def _guest_saved(request: Any) -> Basket:
    pk = request.session.get(_SESSION_KEY)
    found = Basket.saved.filter(pk=pk, owner=None).first() if pk else None
    return found or Basket(status=Basket.SAVED)


def _account_saved(request: Any) -> Basket:
    mine = Basket.saved.filter(owner=request.user).order_by("pk").first()
    mine = mine or Basket(owner=request.user, status=Basket.SAVED)
    if _SESSION_KEY in request.session:
        guest = _guest_saved(request)
        del request.session[_SESSION_KEY]
        if guest.pk:
            mine.save()
            mine.merge(guest, add_quantities=False)
    return mine
