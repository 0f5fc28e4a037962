"""Differences between two versions, word by word."""

import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from policies import blocks, markdown
from policies.alignment import align
from policies.redline import compare
from policies.seed import FOLDER

REMOVED = '<del id="change-1"><span class="unseen">[removed: </span>'
ADDED = '<span class="unseen">[added: </span>'
END = '<span class="unseen">]</span>'


def test_only_different_words_are_marked() -> None:
    html = compare("We keep it for 30 days.", "We keep it for 90 days.").html
    assert html == (f"<p>We keep it for {REMOVED}30{END}</del> <ins>{ADDED}90{END}</ins> days.</p>")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_unchanged_version_has_no_differences(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    same = compare(source, source)
    assert (same.html, same.changes, same.added, same.removed) == ("", (), 0, 0)


def test_line_ends_and_comments_are_ignored() -> None:
    old = "One two\nthree.\n\n- four\n- five\n"
    new = "One\r\ntwo three. <!-- promise: no-sale -->\r\n\r\n* four\r\n* five\r\n"
    assert compare(old, new).html == ""


def test_added_and_removed_blocks_stay_in_their_containers() -> None:
    old = "- stays\n- goes away\n\n| a | b |\n| --- | --- |\n| old row | 1 |\n| kept | 2 |\n"
    new = "- stays\n\n| a | b |\n| --- | --- |\n| kept | 2 |\n\nA new paragraph.\n"
    found = compare(old, new)
    lines = re.sub(r"\s*\n\s*", "", found.html)
    assert lines.startswith(f"<ul><li>stays</li><li>{REMOVED}goes away{END}</del></li></ul>")
    assert lines.count("<table>") == lines.count("<tbody>") == 1
    assert lines.count("<tr>") == 3
    assert lines.endswith(f'<p><ins id="change-4">{ADDED}A new paragraph.{END}</ins></p>')
    assert (found.added, found.removed) == (3, 5)


def test_changes_have_their_section() -> None:
    old = "## Cookies\n\nNone at all.\n\n## Letters\n\nSome letters.\n"
    changes = compare(old, old.replace("None", "Few").replace("Some", "No")).changes
    assert [(c.anchor, c.section) for c in changes] == [
        ("change-1", "Cookies"), ("change-2", "Letters"),
    ]  # fmt: skip


def test_changed_link_target_is_a_change() -> None:
    html = compare("Write to [us](/contact/).", "Write to [us](/orders/).").html
    assert f'{REMOVED}<a href="/contact/">us</a>{END}</del>' in html
    assert f'<ins>{ADDED}<a href="/orders/">us</a>{END}</ins>' in html


def test_scripts_are_removed() -> None:
    new = "<script>x()</script> [a](javascript:x) <ins onclick=x>b</ins> `<b>`"
    html = compare("Safe.", new).html
    assert "<script" not in html
    assert "<ins onclick" not in html
    assert 'href="javascript' not in html
    assert "&lt;script&gt;" in html


# --- Random versions -----------------------------------------------------------------------------


class _Reader(HTMLParser):
    """Reads HTML without the words inside one tag; fails if tags overlap."""

    def __init__(self, without: str) -> None:
        super().__init__()
        self.without, self.open, self.words = without, [], []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.open.append("unseen" if ("class", "unseen") in attrs else tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() in (tag, "unseen")

    def handle_data(self, data: str) -> None:
        if self.without not in self.open and "unseen" not in self.open:
            self.words.append(data)


def _read(html: str, without: str) -> str:
    reader = _Reader(without)
    reader.feed(html)
    assert reader.open == []
    return "".join("".join(reader.words).split())


def _random_version(dice: random.Random, words: int) -> str:
    """Return headings, paragraphs, lists and tables with a natural distribution of words."""
    vocabulary = [f"w{n}" for n in range(1500)]
    weights = [1 / (n + 1) for n in range(1500)]
    parts = []
    for index in range(words // 50):
        line_words = dice.choices(vocabulary, weights, k=50)
        line_words[20] = f"**{line_words[20]}**"
        line = " ".join(line_words) + "."
        table = f"| {line} | b |\n| --- | --- |\n| c | {line_words[0]} |"
        parts.append(
            [line, f"## {line_words[3]}\n\n{line}", f"- {line}\n- {line_words[1]}", table][
                index % 4
            ]
        )
    return "\n\n".join(parts)


def _edited(dice: random.Random, text: str, share: float) -> str:
    changed = [
        f"new{dice.randrange(99)}"
        if re.fullmatch(r"w\d+", word) and dice.random() < share
        else word
        for word in text.split(" ")
    ]
    return " ".join(changed)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.9])
def test_differences_contain_both_versions(share: float) -> None:
    dice = random.Random(4)
    old = _random_version(dice, 1000)
    new = _edited(dice, old, share) + "\n\n" + _random_version(dice, 100)
    html = compare(old, new).html
    for source, without in ((old, "ins"), (new, "del")):
        plain = "".join(block.text for block in blocks.blocks(source))
        assert _read(html, without) == "".join(plain.split())


def test_alignment_is_the_longest_common_subsequence() -> None:
    dice = random.Random(5)
    for _ in range(200):
        old, new = (dice.choices("abcd", k=dice.randrange(12)) for _ in range(2))
        pairs = align(old, new)
        assert all(old[i] == new[j] for i, j in pairs)
        assert pairs == sorted(set(pairs))
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert len(pairs) == _longest(old, new)


def _longest(old: list, new: list) -> int:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, a in enumerate(old):
        for j, b in enumerate(new):
            both = max(lengths[i][j + 1], lengths[i + 1][j])
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if a == b else both
    return lengths[-1][-1]


def test_long_versions_are_compared() -> None:
    # `make bench ONLY=policies` measures how long it takes
    dice = random.Random(6)
    old, new = (_random_version(dice, 5000).replace("\n\n", " ") for _ in range(2))
    found = compare(old, new)
    assert found.removed - found.added == len(old.split()) - len(new.split())
    assert found.removed >= 5000


# --- Markdown ------------------------------------------------------------------------------------


def test_comments_are_removed_without_splitting_paragraphs() -> None:
    text = (
        "## Mail <!-- promise: newsletter -->\n\n<!-- promise: opt-in-mail -->\n"
        "Only to those\n<!-- promise: a -->\nwho asked. <!-- two\nlines --> Never else.\n"
    )
    found = markdown.render(text)
    assert found.html == ('<h2 id="mail">Mail</h2>\n<p>Only to those\nwho asked. Never else.</p>\n')
    assert "promise" not in compare("", text).html
    assert markdown.remove_comments("<!-- a --> Kept.\n\n<!-- b -->\n") == "Kept.\n\n"


def test_explicit_anchor_is_independent_of_the_heading() -> None:
    old, new = markdown.render("## Cookies {#cookies}"), markdown.render("## Notes {#cookies}")
    assert old.html == '<h2 id="cookies">Cookies</h2>\n'
    assert new.html == '<h2 id="cookies">Notes</h2>\n'
    assert [heading.text for heading in new.headings] == ["Notes"]


def test_markdown_becomes_plain_text() -> None:
    source = "## Pay\n\nBy **card**,\n[PayPal](/x/) or `cash`.\n\n- one\n\n| a | b |\n| - | - |\n"
    assert blocks.to_text(source) == "Pay\nBy card, PayPal or cash.\none\na\nb"
