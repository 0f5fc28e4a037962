"""Find the new URL of an old one; record what moved, was renamed or was withdrawn.

Chains are collapsed when a row is written: /a to /b and /b to /c become /a to /c and /b to /c.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from catalog import tree
from catalog.models import Product
from catalog.read_model import product_url
from catalog.redirects.models import Redirect
from catalog.redirects.old_urls import candidates, normalize
from microflight.core.row_locks import lock_names


def find(path: str, pairs: Iterable[tuple[str, str]]) -> Redirect | None:
    """Return the redirect of a requested URL. One query."""
    keys = candidates(path, pairs)
    rows = Redirect.objects.filter(old_path__in=keys)
    return min(rows, key=lambda row: keys.index(row.old_path), default=None)


def final_path(old: str, new: str) -> str:
    """Return where a new redirect ends: at `new`, or where that redirects to.

    Locks the table for the transaction, so that two people cannot build a loop. Raises ValueError
    for a loop, with a message for staff.
    """
    lock_names("redirects")
    key = normalize(new)
    row = Redirect.objects.filter(old_path=key).first()
    found = row.new_path if row else new
    if key == old or (found and normalize(found) == old):
        raise ValueError(gettext("This would be a loop: the new URL redirects to the old one."))
    return found


def collapse(old: str, new: str) -> int:
    """Let redirects to `old` end at `new`; return how many changed."""
    same = Redirect.objects.filter(new_path__in=(old, f"{old}/"))
    return same.update(new_path=new) if new else 0


@transaction.atomic
def record_move(old_url: str, new_url: str) -> None:
    """Redirect a URL of ours to the one that replaced it."""
    lock_names("redirects")
    old = normalize(old_url)
    Redirect.objects.filter(old_path=normalize(new_url)).delete()  # a page responds there now
    collapse(old, new_url)
    Redirect.objects.update_or_create(
        old_path=old, defaults={"new_path": new_url, "is_automatic": True}
    )


def record_withdrawal(url: str) -> None:
    """Answer 410 at the URL of a page that is not public any more."""
    Redirect.objects.update_or_create(
        old_path=normalize(url), defaults={"new_path": "", "is_automatic": True}
    )


def product_changes(instance: Product, raw: bool = False, **signal: Any) -> None:
    """Record a renamed or withdrawn product: a receiver of `pre_save`."""
    columns = signal.get("update_fields")
    ignored = columns is not None and not {"slug", "is_public"} & set(columns)
    if instance.pk is None or instance.parent_id or raw or ignored:
        return
    row = Product.objects.filter(pk=instance.pk).values_list("slug", "is_public").first()
    if row is None:
        return
    old, new = product_url(row[0], instance.pk), product_url(instance.slug, instance.pk)
    if row[1] and old != new:
        record_move(old, new)
    if row[1] and not instance.is_public:
        record_withdrawal(new)
    elif instance.is_public and not row[1]:
        Redirect.objects.filter(old_path=normalize(new)).delete()


def product_deleted(instance: Product, **signal: Any) -> None:
    """Record a deleted product: a receiver of `post_delete`."""
    if instance.is_public and not instance.parent_id and instance.pk:
        record_withdrawal(product_url(instance.slug, instance.pk))


@contextmanager
def category_moves() -> Iterator[None]:
    """Record which categories the block renames, moves, hides or deletes.

    One that is not public any more redirects to the closest public category above it.
    """
    before = tree.load().by_pk
    yield
    after = tree.load().by_pk
    for pk, node in before.items():
        trail = (after[one.pk] for one in reversed(node.trail) if one.pk in after)
        found = after.get(pk) or next(trail, None)
        new = found.url if found else reverse("catalogue:index")
        if new != node.url:
            record_move(node.url, new)
    shown = [normalize(node.url) for pk, node in after.items() if pk not in before]
    Redirect.objects.filter(old_path__in=shown).delete()
