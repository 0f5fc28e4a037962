"""Search documents of pages: categories, policies, and what other packages register."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog import tree
from catalog.search_index.documents import Vocabulary, save
from catalog.search_index.models import SearchDocument
from catalog.search_index.word_forms import words_of
from microflight.core.html import html_to_text
from policies.models import PolicyVersion

#: Key, title, URL and text of a page.
Page = tuple[str, str, str, str]
_SOURCES: dict[str, Callable[[], Sequence[Page]]] = {}


def register(page_type: str, source: Callable[[], Sequence[Page]]) -> None:
    """Let search find the pages of a type; `source` returns all of them."""
    _SOURCES[page_type] = source


def refresh() -> int:
    """Replace the documents of all pages; return how many there are."""
    others = sum(_replace(page_type, source()) for page_type, source in _SOURCES.items())
    return refresh_categories() + refresh_policies() + others


@transaction.atomic
def replace_page(page_type: str, key: str, page: Page | None) -> None:
    """Replace the document of one page, or delete it if there is no such page."""
    if page is None:
        SearchDocument.objects.filter(type=page_type, key=key).delete()
    else:
        _store(page_type, [page])


def refresh_categories() -> int:
    """Replace the documents of public categories, after any of them was saved, moved or deleted."""
    return _replace(
        SearchDocument.Type.CATEGORY,
        [
            (str(node.pk), node.name, node.url, html_to_text(node.description))
            for node in tree.load().by_pk.values()
        ],
    )


def refresh_policies() -> int:
    """Replace the documents of policies: their newest versions in force."""
    versions = PolicyVersion.objects.in_force_at(timezone.now()).select_related("policy")
    newest: dict[str, PolicyVersion] = {}
    for version in versions:
        newest.setdefault(version.policy.slug, version)
    return _replace(
        SearchDocument.Type.POLICY,
        [
            (slug, version.policy.title, version.policy.get_absolute_url(), _text(version.body))
            for slug, version in newest.items()
        ],
    )


def _text(markdown: str) -> str:
    return re.sub(r"<!--.*?-->|\]\([^)]*\)", " ", markdown, flags=re.DOTALL)


def policy_published(version: PolicyVersion, **signal: Any) -> None:
    """Update the documents of policies: a receiver of `policies.workflow.published`."""
    refresh_policies()


@transaction.atomic
def _replace(page_type: str, pages: Sequence[Page]) -> int:
    """Store all pages of a type; delete the others. Return how many there are."""
    SearchDocument.objects.filter(type=page_type).exclude(key__in=[p[0] for p in pages]).delete()
    _store(page_type, pages)
    return len(pages)


def _store(page_type: str, pages: Sequence[Page]) -> None:
    vocabulary = Vocabulary()
    for _key, title, _url, text in pages:
        vocabulary.add(f"{title} {text}")
    vocabulary.save(replace=False)
    save(
        [
            SearchDocument(
                type=page_type,
                key=key,
                name=title[:255],
                url=url,
                title=" ".join(words_of(title)),
                body=" ".join(words_of(text)),
            )
            for key, title, url, text in pages
        ]
    )
