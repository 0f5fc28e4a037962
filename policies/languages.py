"""Names of languages, and what stands above a translation, in that language where we have it."""

from dataclasses import dataclass, replace

from django.utils.translation import get_language_info


@dataclass(frozen=True, slots=True)
class Notes:
    """What a translation says about itself; `counts` and `stale` name the version by {number}."""

    language: str
    counts: str
    stale: str
    badge: str
    read: str


_ENGLISH = Notes(
    language="en",
    counts="This is a translation of version {number}. The English text is the one that counts.",
    stale="The English text has changed since this translation of version {number} was made.",
    badge="translation out of date",
    read="Read the English text in force",
)
_NOTES = {
    "fr": Notes(
        language="fr",
        counts="Ceci est une traduction de la version {number}. Le texte anglais fait foi.",
        stale="Le texte anglais a changé depuis cette traduction de la version {number}.",
        badge="traduction dépassée",
        read="Lire le texte anglais en vigueur",
    ),
}


def name_of(code: str) -> str:
    """Return what a language calls itself, or its code where we do not know."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def notes(code: str, number: int) -> Notes:
    """Return the notes above a translation of a version, in its language or else in English."""
    found = _NOTES.get(code.split("-")[0], _ENGLISH)
    return replace(
        found,
        counts=found.counts.format(number=number),
        stale=found.stale.format(number=number),
    )
