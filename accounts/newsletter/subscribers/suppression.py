"""The suppression list: addresses that get no campaign, whatever an import says."""

from collections.abc import Iterable

from accounts.newsletter.subscribers.email_hash import hash_email
from accounts.newsletter.subscribers.models import Reason, Suppression


def suppress(email: str, reason: Reason, *, note: str = "") -> None:
    """Suppress an address. A second reason changes nothing, except `STAFF`."""
    row = Suppression(email_hash=hash_email(email), reason=reason, note=note[:200])
    if reason == Reason.STAFF:
        Suppression.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["email_hash"],
            update_fields=["reason", "note"],
        )
    else:
        Suppression.objects.bulk_create([row], ignore_conflicts=True)


def lift(email: str) -> bool:
    """Lift a suppression that a new confirmation outweighs; return whether the address is free.

    "Do not contact" is lifted by staff only.
    """
    found = Suppression.objects.filter(email_hash=hash_email(email))
    found.exclude(reason=Reason.STAFF).delete()
    return not found.exists()


def allow_sign_up(email: str, *, note: str) -> None:
    """Turn "do not contact" into "unsubscribed": from now on a confirmation counts."""
    row = Suppression.objects.filter(email_hash=hash_email(email), reason=Reason.STAFF)
    row.update(reason=Reason.UNSUBSCRIBED, note=note[:200])


def suppressed(emails: Iterable[str]) -> set[str]:
    """Return those of some addresses that are suppressed: one query."""
    by_hash = {hash_email(email): email for email in emails}
    found = Suppression.objects.filter(email_hash__in=by_hash)
    return {by_hash[each] for each in found.values_list("email_hash", flat=True)}
