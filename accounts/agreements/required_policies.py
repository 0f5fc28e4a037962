"""The policies that a form asks people to accept, and the label of its checkbox."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from policies.models import Context, PolicyVersion
from policies.services import required_for_checkout, required_for_registration, versions_in_force

#: What newsletter subscribers and contest entrants accept (slugs).
_ABOUT_DATA = ("privacy",)


@dataclass(frozen=True, slots=True)
class RequiredPolicies:
    """Policy versions in force that a form asks people to accept; may be empty."""

    versions: tuple[PolicyVersion, ...]

    @property
    def label(self) -> str:
        """Return the label of the checkbox, which names each policy and its version."""
        return _sentence([_name(version) for version in self.versions])

    @property
    def linked_label(self) -> SafeString:
        """Return the label as HTML, with a link to each version that opens in a new tab."""
        link = '<a href="{}" target="_blank">{}</a>'
        links = [
            format_html(link, version.get_absolute_url(), _name(version))
            for version in self.versions
        ]
        note = format_html('<span class="unseen"> {}</span>', _("Links open in a new tab."))
        return mark_safe(_sentence(links) + note)  # noqa: S308 (each name is escaped)

    @property
    def fingerprint(self) -> str:
        """Return a value for a hidden field that identifies versions and label: `12,15-9f86d081`.

        A form sent with another fingerprint accepts nothing.
        """
        ids = ",".join(str(version.pk) for version in self.versions)
        return f"{ids}-{hashlib.sha256(self.label.encode()).hexdigest()[:8]}"


def _name(version: PolicyVersion) -> str:
    values = {"title": version.policy.title, "number": version.number}
    return _("%(title)s (version %(number)s)") % values


def _sentence(names: Sequence[str]) -> str:
    *first, last = names or [""]
    if first:
        last = _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last}
    return _("I have read and accept %(policies)s.") % {"policies": last}


def required_policies(context: Context) -> RequiredPolicies:
    """Return what a form has to ask for now, e.g. at registration. One query.

    At login it depends on the account: see `reacceptance.due`.
    """
    if context == Context.CHECKOUT:
        versions = required_for_checkout()
    elif context in (Context.REGISTRATION, Context.REACCEPTANCE):
        versions = required_for_registration()
    else:
        versions = [each for each in versions_in_force() if each.policy.slug in _ABOUT_DATA]
    return RequiredPolicies(tuple(versions))
