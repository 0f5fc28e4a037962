"""The texts that somebody is asked to agree to, and the words beside the box."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from policies.models import Context, PolicyVersion
from policies.services import required_for_checkout, required_for_registration, versions_in_force

#: Whose texts a subscriber and the entrant of a contest agree to: what becomes of their data.
_ABOUT_DATA = ("privacy",)


@dataclass(frozen=True, slots=True)
class Offer:
    """Some texts in force, as they are put before somebody."""

    versions: tuple[PolicyVersion, ...]

    @property
    def label(self) -> str:
        """Return the words beside the box, naming each text and its version."""
        texts = [f"{version.policy.title} (version {version.number})" for version in self.versions]
        last = texts.pop() if texts else ""
        named = f"{', '.join(texts)} and {last}" if texts else last
        return f"I have read and accept {named}."

    @property
    def shown(self) -> str:
        """Return which texts were shown under which words, for a hidden field: `12,15-9f86d081`.

        It comes back with the answer, which counts for nothing else.
        """
        ids = ",".join(str(version.pk) for version in self.versions)
        return f"{ids}-{hashlib.sha256(self.label.encode()).hexdigest()[:8]}"

    @property
    def links(self) -> SafeString:
        """Return where each of these very texts can be read."""
        return format_html_join(
            " · ",
            '<a href="{}" target="_blank">{}<span class="unseen"> (opens a new tab)</span></a>',
            ((version.get_absolute_url(), version.policy.title) for version in self.versions),
        )


def offer_for(context: Context) -> Offer:
    """Return what has to be agreed to in a place, as of now: one query.

    Before somebody logs in again it depends on the account: see services.due_again.
    """
    return Offer(tuple(_in_force(context)))


def _in_force(context: Context) -> Sequence[PolicyVersion]:
    if context == Context.CHECKOUT:
        return required_for_checkout()
    if context in (Context.REGISTRATION, Context.REACCEPTANCE):
        return required_for_registration()
    return [version for version in versions_in_force() if version.policy.slug in _ABOUT_DATA]
