"""Every promise in force is covered by a test, and every marked test covers a promise."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from policies import promises, seed, workflow
from policies.models import Policy, PolicyVersion
from policies.promise_markers import UnreadableMarker, find_tests
from tests.policies.versions import current_version

ROOT = Path(__file__).resolve().parents[2]
Capture = pytest.CaptureFixture[str]

#: The promises that the privacy policy of 2017 had to make.
PROMISES_OF_2017 = [
    "minimal-data", "opt-in-mail", "no-sale", "contact-us", "registration-data", "card-data",
    "newsletter", "surveys", "public-posts", "tell-a-friend", "feedback", "service-mail",
    "special-offers", "cookies", "visit-log", "aggregate", "partners", "processors", "succession",
    "correction", "secure-checkout", "other-ways", "policy-changes",
]  # fmt: skip
#: Those that today's privacy policy does not make, because the shop does not offer these.
DROPPED = [
    "surveys", "tell-a-friend", "visit-log", "aggregate", "partners",
]  # fmt: skip


@pytest.fixture
def in_force(db: None) -> list[PolicyVersion]:
    """The versions in force of the seed data."""
    seed.load()
    return [current_version(slug) for slug in seed.POLICIES]


def test_promises_and_marked_tests_match(in_force: list[PolicyVersion]) -> None:
    tests = find_tests(ROOT / "tests")
    made = {name for version in in_force for name in promises.ids_in(version.body)}
    # Mutation: without the marker on its test, "loose-batteries" was untested.
    assert made - set(tests) == set()
    assert set(tests) - made == set()


def test_promises_json_is_up_to_date(in_force: list[PolicyVersion]) -> None:
    tests = find_tests(ROOT / "tests")
    stored = promises.TESTS_FILE.read_text(encoding="utf-8")
    assert stored == promises.as_json(tests, in_force), "Run `manage.py promises` and commit."


def test_privacy_policy_of_2017_makes_all_its_promises() -> None:
    body = (seed.FOLDER / "privacy-2017.md").read_text(encoding="utf-8")
    assert sorted(promises.ids_in(body)) == sorted(PROMISES_OF_2017)
    assert [each.sentence for each in promises.promises_in(body) if len(each.sentence) < 20] == []


@pytest.mark.usefixtures("in_force")
def test_dropped_promises_are_listed_and_not_made(capsys: Capture) -> None:
    call_command("promises", "--dry")
    out = " ".join(capsys.readouterr().out.split())
    assert f"No longer promised: {', '.join(DROPPED)}." in out
    made = set(promises.ids_in(current_version("privacy").body))
    assert made & set(DROPPED) == set()
    assert set(PROMISES_OF_2017) - made == set(DROPPED)


def test_command_prints_sentence_version_and_tests(
    in_force: list[PolicyVersion], capsys: Capture
) -> None:
    call_command("promises", "--dry")
    lines = capsys.readouterr().out.split("\n")
    row = lines.index("loose-batteries              shipping v1          1 test")
    sentence = " ".join(line.strip() for line in lines[row + 1 : row + 3])
    assert sentence == (
        "Shipping methods that do not accept what is in your order are not offered for it, so you "
        "know before you pay."
    )
    assert lines[row + 3 : row + 4] == [
        "    - tests/checkout/placement/test_quote.py::test_loose_battery_limits_shipping_methods",
    ]
    number = len({name for version in in_force for name in promises.ids_in(version.body)})
    assert lines[-2] == f"promises: {number} in force, 0 untested"


@pytest.mark.django_db
def test_command_reads_the_seed_data_without_published_versions(capsys: Capture) -> None:
    call_command("promises", "--dry")
    out = capsys.readouterr().out
    assert out.startswith("No published versions: this is the seed data.")
    assert out.rstrip().endswith(" in force, 0 untested")


@pytest.mark.usefixtures("in_force")
def test_command_fails_for_a_promise_without_a_test(capsys: Capture) -> None:
    policy = Policy.objects.get(slug="shipping")
    workflow.adopt(policy, "<!-- promise: by-balloon --> We ship by balloon.")
    with pytest.raises(SystemExit) as exit_error:
        call_command("promises", "--dry")
    out = capsys.readouterr().out
    assert exit_error.value.code == 1
    assert "Without a test: by-balloon." in out
    named = "Named by a test, but promised by no version in force: arrival-dates, away-hold,"
    assert named in " ".join(out.split())
    assert out.rstrip().endswith(", 1 untested")


# --- Promises in policies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("<!-- promise: a --> We ask for little. We keep less.", "We ask for little."),
        ("We ask. <!-- promise: a --> We keep less.", "We keep less."),
        (
            "Its log holds errors, <!-- promise: a --> but no name.",
            "Its log holds errors, but no name.",
        ),
        ("- **By mail.** <!-- promise: a --> Print [your cart](/cart/).", "Print your cart."),
        ("1. <!-- promise: a --> At 4.5 to 1, to S7H 0S3.", "At 4.5 to 1, to S7H 0S3."),
        ("<!-- promise: a --> These cookies, and no others:", "These cookies, and no others:"),
    ],
)
def test_marker_belongs_to_the_sentence_after_or_around_it(line: str, sentence: str) -> None:
    promise = promises.Promise("a", sentence, 3)
    assert promises.promises_in(f"# Title\n\n{line}") == [promise]


def test_sentence_can_make_two_promises() -> None:
    found = promises.promises_in("<!-- promise: a --><!-- promise: b --> We ask. We keep.")
    assert [(each.id, each.sentence) for each in found] == [("a", "We ask."), ("b", "We ask.")]


def test_untested_promises_are_found() -> None:
    body = "<!-- promise: no-sale --> We sell none.\n<!-- promise: by-balloon --> We fly."
    assert promises.untested_in(body) == [promises.Promise("by-balloon", "We fly.", 2)]
    assert promises.count_tests(body) == len(promises.known_tests()["no-sale"]) > 0


def test_promises_json_counts_each_test_once_per_policy() -> None:
    version = PolicyVersion(
        policy=Policy(slug="x"), body="<!-- promise: a --> A. <!-- promise: b --> B."
    )
    tests = {"b": ["t::two", "t::one"], "a": ["t::one"]}
    assert json.loads(promises.as_json(tests, [version])) == {
        "policies": {"x": 2},
        "promises": {"a": ["t::one"], "b": ["t::one", "t::two"]},
    }


# --- Markers of tests ----------------------------------------------------------------------------


def read_markers(tmp_path: Path, source: str) -> dict[str, list[str]]:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_x.py").write_text(f"import pytest\n{source}")
    return find_tests(folder)


def test_markers_are_read_from_tests_and_modules(tmp_path: Path) -> None:
    source = (
        'pytestmark = [pytest.mark.django_db, pytest.mark.promise("all")]\n'
        '@pytest.mark.promise("a", "b")\n@pytest.mark.parametrize("x", [1])\n'
        "def test_one(x): pass\n"
        "def test_two(): pass\n"
        "def helper(): pass\n"
    )
    assert read_markers(tmp_path, source) == {
        "a": ["tests/test_x.py::test_one"],
        "b": ["tests/test_x.py::test_one"],
        "all": ["tests/test_x.py::test_one", "tests/test_x.py::test_two"],
    }


@pytest.mark.parametrize("marker", ["skip", "skip('later')", "xfail(strict=False)"])
def test_disabled_test_covers_nothing(tmp_path: Path, marker: str) -> None:
    source = f'@pytest.mark.{marker}\n@pytest.mark.promise("a")\ndef test_one(): pass\n'
    assert read_markers(tmp_path, source) == {}


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.mark.promise(NAME)\ndef test_one(): pass\n",
        "@pytest.mark.promise\ndef test_one(): pass\n",
        '@pytest.mark.promise(id="a")\ndef test_one(): pass\n',
        '@pytest.mark.promise("a", 1)\ndef test_one(): pass\n',
        '@pytest.mark.promise("a")\ndef helper(): pass\n',
        'ROW = pytest.param(1, marks=pytest.mark.promise("a"))\n',
    ],
)
def test_unreadable_marker_is_rejected(tmp_path: Path, source: str) -> None:
    with pytest.raises(UnreadableMarker, match="tests/test_x.py:"):
        read_markers(tmp_path, source)


@pytest.mark.usefixtures("in_force")
def test_page_in_force_shows_its_number_of_tests(client: Client) -> None:
    stored = json.loads(promises.TESTS_FILE.read_text(encoding="utf-8"))
    message = f"{stored['policies']['privacy']} automated tests check the promises on this page."
    assert message in client.get("/policies/privacy/").content.decode()
    old = client.get("/policies/privacy/v1/").content.decode()
    assert "automated test" not in old
