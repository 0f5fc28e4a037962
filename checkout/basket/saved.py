"""Saved items: a second basket, found by account or by session."""

from typing import Any

from checkout.basket.models import Basket

_SESSION_KEY = "saved_items"


def saved_basket(request: Any) -> Basket:
    """Return this visitor's saved items; an unsaved, empty basket if there are none.

    A guest's saved items move to the account after login.
    """
    found = _account_saved(request) if request.user.is_authenticated else _guest_saved(request)
    found.strategy = request.strategy
    return found


def remember_saved(request: Any, saved: Basket) -> None:
    """Store the id of a guest's saved items in the session."""
    if saved.owner_id is None and request.session.get(_SESSION_KEY) != saved.pk:
        request.session[_SESSION_KEY] = saved.pk


def _guest_saved(request: Any) -> Basket:
    pk = request.session.get(_SESSION_KEY)
    found = Basket.saved.filter(pk=pk, owner=None).first() if pk else None
    return found or Basket(status=Basket.SAVED)


def _account_saved(request: Any) -> Basket:
    saved = Basket.saved.filter(owner=request.user).order_by("pk").first()
    saved = saved or Basket(owner=request.user, status=Basket.SAVED)
    if _SESSION_KEY in request.session:
        guest = _guest_saved(request)
        del request.session[_SESSION_KEY]
        if guest.pk:
            saved.save()
            saved.merge(guest, add_quantities=False)
    return saved
