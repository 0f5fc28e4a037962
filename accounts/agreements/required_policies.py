"""The policies that a form asks people to accept, and the label of its checkbox."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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
        names = [
            _("%(title)s (version %(number)s)")
            % {"title": version.policy.title, "number": version.number}
            for version in self.versions
        ]
        last = names.pop() if names else ""
        if names:
            last = _("%(first)s and %(last)s") % {"first": ", ".join(names), "last": last}
        return _("I have read and accept %(policies)s.") % {"policies": last}

    @property
    def fingerprint(self) -> str:
        """Return a value for a hidden field that identifies versions and label: `12,15-9f86d081`.

        A form sent with another fingerprint accepts nothing.
        """
        ids = ",".join(str(version.pk) for version in self.versions)
        return f"{ids}-{hashlib.sha256(self.label.encode()).hexdigest()[:8]}"

    @property
    def links(self) -> SafeString:
        """Return links to these versions."""
        return format_html_join(
            " · ",
            '<a href="{}" target="_blank">{}{}</a>',
            (
                (
                    version.get_absolute_url(),
                    version.policy.title,
                    format_html('<span class="unseen"> {}</span>', _("(opens in a new tab)")),
                )
                for version in self.versions
            ),
        )


def required_policies(context: Context) -> RequiredPolicies:
    """Return what a form has to ask for now, e.g. at registration. One query.

    At login it depends on the account: see `reacceptance.due`.
    """
    return RequiredPolicies(tuple(_in_force(context)))


def _in_force(context: Context) -> Sequence[PolicyVersion]:
    if context == Context.CHECKOUT:
        return required_for_checkout()
    if context in (Context.REGISTRATION, Context.REACCEPTANCE):
        return required_for_registration()
    return [version for version in versions_in_force() if version.policy.slug in _ABOUT_DATA]
