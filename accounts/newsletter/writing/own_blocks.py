"""The blocks that need no higher room: buttons, uploaded pictures, changes of policies."""

from django.urls import reverse
from django.utils import timezone

from accounts.newsletter.models import LetterPicture
from accounts.newsletter.writing import alive
from accounts.newsletter.writing.blocks import (
    Block,
    BlockError,
    Links,
    Piece,
    absolute,
    only,
    piece,
    register,
)
from policies.models import PolicyVersion

BUTTON = '::button "See them all" /catalogue/'
PICTURE = '::picture first-flight "A Butterfly over a table" /catalogue/'
POLICY = "::policy privacy 3"
SHEET = 558  # pixels: as wide as the letter's paper is inside


def _button(words: list[str], links: Links) -> Piece:
    label, url = only(words, 2, 2, BUTTON)
    return piece("button", {"words": label, "url": links.token(url)})


def _picture(words: list[str], links: Links) -> Piece:
    key, alt, url = only(words, 1, 3, PICTURE)
    picture = LetterPicture.objects.filter(key=key).first()
    if picture is None:
        raise BlockError(f"No picture is called “{key}”.")
    alt = alt or picture.alt
    width = min(picture.width, SHEET)
    context = {
        "src": absolute(picture.file.url),
        "alt": alt,
        "width": width,
        "height": round(picture.height * width / max(picture.width, 1)),
        "url": links.token(url) if url else "",
    }
    return piece("picture", context, alts=(alt,))


def _policy(words: list[str], links: Links) -> Piece:
    slug, number = only(words, 2, 2, POLICY)
    found = PolicyVersion.objects.published().select_related("policy").filter(policy__slug=slug)
    version = (
        found.filter(number=number).first() if number.isdecimal() and len(number) < 9 else None
    )
    if version is None or version.number is None or version.effective_from is None:
        raise BlockError(f"No version {number} of “{slug}” is published.")
    changes = ""
    if version.number > 1:
        changes = reverse("policies:changes", args=[slug, version.number - 1, version.number])
    context = {
        "version": version,
        "is_in_force": version.effective_from <= timezone.now(),
        "url": links.token(version.get_absolute_url()),
        "changes_url": links.token(changes) if changes else "",
    }
    return piece("policy", context)


register(Block("button", BUTTON, "A button that leads somewhere.", _button))
register(Block("picture", PICTURE, "An uploaded picture, its words, where it leads.", _picture))
register(Block("policy", POLICY, "What a version of a policy changed.", _policy))
alive.register(
    "policies:page",
    lambda where: PolicyVersion.objects.published().filter(policy__slug=where["slug"]).exists(),
)
