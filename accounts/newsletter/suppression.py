"""The list of addresses that get no campaign, whatever another list says."""

from collections.abc import Iterable

from accounts.newsletter.models import Reason, Suppression, digest_of

#: What a new, proved consent of the address's owner lifts. Who told staff "never again" tells
#: staff when that changes.
LIFTED_BY_CONSENT = tuple(reason for reason in Reason if reason != Reason.STAFF)


def suppress(email: str, reason: Reason, *, note: str = "") -> None:
    """Write to this address no more. A second reason changes nothing, except `STAFF`."""
    row = Suppression(digest=digest_of(email), reason=reason, note=note[:200])
    if reason == Reason.STAFF:
        Suppression.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["digest"], update_fields=["reason", "note"]
        )
    else:
        Suppression.objects.bulk_create([row], ignore_conflicts=True)


def lift(email: str) -> bool:
    """Forget a reason that a proved consent outweighs; tell whether the address is free now."""
    found = Suppression.objects.filter(digest=digest_of(email))
    found.filter(reason__in=LIFTED_BY_CONSENT).delete()
    return not found.exists()


def reopen(email: str, *, note: str) -> None:
    """Let an address that said "never again" ask anew: from now on its confirmation counts."""
    never = Suppression.objects.filter(digest=digest_of(email), reason=Reason.STAFF)
    never.update(reason=Reason.LEFT, note=note[:200])


def suppressed(emails: Iterable[str]) -> set[str]:
    """Return those of some addresses that are on the list: one query."""
    by_digest = {digest_of(email): email for email in emails}
    found = Suppression.objects.filter(digest__in=by_digest).values_list("digest", flat=True)
    return {by_digest[digest] for digest in found}
