"""The French texts that selling to Quebec requires, and that are missing."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from policies.models import PolicyTranslation, PolicyVersion

_LANGUAGE = "fr"


def missing_texts() -> list[str]:
    """Return what has no French version: the pages and emails, and each policy in force."""
    missing = []
    if not any((path / _LANGUAGE).exists() for path in settings.LOCALE_PATHS):
        missing.append(gettext("Pages and emails of the shop"))
    translated = PolicyTranslation.objects.filter(
        language__startswith=_LANGUAGE, published_at__isnull=False
    )
    done = set(translated.values_list("version_id", flat=True))
    newest: dict[str, PolicyVersion] = {}
    for version in PolicyVersion.objects.in_force_at(timezone.now()).select_related("policy"):
        newest.setdefault(version.policy.title, version)
    policy = gettext("Policy: %(title)s")
    return missing + [
        policy % {"title": title} for title, version in newest.items() if version.pk not in done
    ]
