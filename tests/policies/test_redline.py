"""What changed between two texts: by words, for eyes, for ears, and without a gap."""

import random
import re
from html.parser import HTMLParser

import pytest

from policies import blocks, markdown
from policies.alignment import align
from policies.redline import compare, redline
from policies.seed import TEXTS

REMOVED = '<del id="change-1"><span class="unseen">[removed: </span>'
ADDED = '<span class="unseen">[added: </span>'
END = '<span class="unseen">]</span>'


def test_only_the_words_that_differ_are_marked_and_said_aloud() -> None:
    html = redline("We keep it for 30 days.", "We keep it for 90 days.")
    assert html == (f"<p>We keep it for {REMOVED}30{END}</del> <ins>{ADDED}90{END}</ins> days.</p>")


@pytest.mark.parametrize("path", sorted(TEXTS.glob("**/*.md")), ids=lambda path: path.stem)
def test_an_unchanged_text_has_an_empty_redline(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    same = compare(text, text)
    assert (same.html, same.changes, same.added, same.removed) == ("", (), 0, 0)


def test_other_line_ends_and_notes_for_staff_change_nothing() -> None:
    old = "One two\nthree.\n\n- four\n- five\n"
    new = "One\r\ntwo three. <!-- promise: no-sale -->\r\n\r\n* four\r\n* five\r\n"
    assert redline(old, new) == ""


def test_whole_paragraphs_items_and_cells_come_and_go_in_their_place() -> None:
    old = "- stays\n- goes away\n\n| a | b |\n| --- | --- |\n| old row | 1 |\n| kept | 2 |\n"
    new = "- stays\n\n| a | b |\n| --- | --- |\n| kept | 2 |\n\nA new paragraph.\n"
    found = compare(old, new)
    lines = re.sub(r"\s*\n\s*", "", found.html)
    assert lines.startswith(f"<ul><li>stays</li><li>{REMOVED}goes away{END}</del></li></ul>")
    assert lines.count("<table>") == lines.count("<tbody>") == 1
    assert lines.count("<tr>") == 3
    assert lines.endswith(f'<p><ins id="change-4">{ADDED}A new paragraph.{END}</ins></p>')
    assert (found.added, found.removed) == (3, 5)


def test_each_change_names_the_section_in_which_it_stands() -> None:
    old = "## Cookies\n\nNone at all.\n\n## Letters\n\nSome letters.\n"
    changes = compare(old, old.replace("None", "Few").replace("Some", "No")).changes
    assert [(c.anchor, c.section) for c in changes] == [
        ("change-1", "Cookies"), ("change-2", "Letters"),
    ]  # fmt: skip


def test_a_link_that_leads_elsewhere_is_a_change() -> None:
    html = redline("Write to [us](/contact/).", "Write to [us](/orders/).")
    assert f'{REMOVED}<a href="/contact/">us</a>{END}</del>' in html
    assert f'<ins>{ADDED}<a href="/orders/">us</a>{END}</ins>' in html


def test_nothing_that_runs_gets_through() -> None:
    html = redline("Safe.", "<script>x()</script> [a](javascript:x) <ins onclick=x>b</ins> `<b>`")
    assert "<script" not in html
    assert "<ins onclick" not in html
    assert 'href="javascript' not in html
    assert "&lt;script&gt;" in html


# --- However much differs ------------------------------------------------------------------------


class _Reader(HTMLParser):
    """The words that stay when one kind of change is left out; fails where tags cross."""

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


def _a_text(dice: random.Random, words: int) -> str:
    """Headings, paragraphs, lists and tables of words that are as common as in real texts."""
    known = [f"w{n}" for n in range(1500)]
    weights = [1 / (n + 1) for n in range(1500)]
    parts = []
    for place in range(words // 50):
        said = dice.choices(known, weights, k=50)
        said[20] = f"**{said[20]}**"
        line = " ".join(said) + "."
        table = f"| {line} | b |\n| --- | --- |\n| c | {said[0]} |"
        parts.append([line, f"## {said[3]}\n\n{line}", f"- {line}\n- {said[1]}", table][place % 4])
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
def test_leaving_out_what_came_gives_the_old_text_and_what_went_the_new_one(share: float) -> None:
    dice = random.Random(4)
    old = _a_text(dice, 1000)
    new = _edited(dice, old, share) + "\n\n" + _a_text(dice, 100)
    html = redline(old, new)
    for text, without in ((old, "ins"), (new, "del")):
        plain = "".join(block.text for block in blocks.blocks(text))
        assert _read(html, without) == "".join(plain.split())


def test_the_common_row_is_the_longest_one() -> None:
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


def test_two_long_texts_with_little_in_common_lose_and_gain_as_many_words_as_they_have() -> None:
    # how long it takes is measured by `make bench ONLY=policies`
    dice = random.Random(6)
    old, new = (_a_text(dice, 5000).replace("\n\n", " ") for _ in range(2))
    found = compare(old, new)
    assert found.removed - found.added == len(old.split()) - len(new.split())
    assert found.removed >= 5000


# --- The reader's Markdown -----------------------------------------------------------------------


def test_notes_for_staff_are_never_seen_and_break_no_paragraph() -> None:
    text = (
        "## Mail <!-- promise: newsletter -->\n\n<!-- promise: opt-in-mail -->\n"
        "Only to those\n<!-- promise: a -->\nwho asked. <!-- two\nlines --> Never else.\n"
    )
    found = markdown.render(text)
    assert found.html == ('<h2 id="mail">Mail</h2>\n<p>Only to those\nwho asked. Never else.</p>\n')
    assert "promise" not in redline("", text)
    assert markdown.without_notes("<!-- a --> Kept.\n\n<!-- b -->\n") == "Kept.\n\n"


def test_an_anchor_stays_when_the_heading_is_put_in_other_words() -> None:
    old, new = markdown.render("## Cookies {#cookies}"), markdown.render("## Notes {#cookies}")
    assert old.html == '<h2 id="cookies">Cookies</h2>\n'
    assert new.html == '<h2 id="cookies">Notes</h2>\n'
    assert [heading.text for heading in new.headings] == ["Notes"]
