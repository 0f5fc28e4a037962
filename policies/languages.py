"""Language names, and the note above a translation in its own language where we have it."""

from dataclasses import dataclass, replace

from django.utils.translation import get_language_info


@dataclass(frozen=True, slots=True)
class TranslationNote:
    """What customers read above a translation; {number} is the version that it translates."""

    language: str
    prevails: str
    outdated: str
    badge: str
    read_english: str


_ENGLISH = TranslationNote(
    language="en",
    prevails="This is a translation of version {number}. The English version prevails.",
    outdated="The English version has changed since this translation of version {number}.",
    badge="Outdated translation",
    read_english="Read the current English version",
)
_NOTES = {
    "fr": TranslationNote(
        language="fr",
        prevails="Ceci est une traduction de la version {number}. La version anglaise prévaut.",
        outdated="La version anglaise a changé depuis cette traduction de la version {number}.",
        badge="Traduction périmée",
        read_english="Lire la version anglaise en vigueur",
    ),
}


def name_of(code: str) -> str:
    """Return a language's name in that language, or its code if we do not know it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def translation_note(code: str, number: int) -> TranslationNote:
    """Return the note above a translation of a version, in its language or else in English."""
    note = _NOTES.get(code.split("-")[0], _ENGLISH)
    return replace(
        note,
        prevails=note.prevails.format(number=number),
        outdated=note.outdated.format(number=number),
    )
