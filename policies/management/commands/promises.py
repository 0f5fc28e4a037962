"""List the promises of the policies in force and the tests that cover them."""

import textwrap
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from policies import promises, seed, services
from policies.models import PolicyVersion
from policies.promise_markers import UnreadableMarker, find_tests

_WIDTH = 98


class Command(BaseCommand):
    """`manage.py promises`: prints the coverage and writes promises.json.

    Exits with 1 if a promise has no test, or if a test names a promise that no policy makes.
    """

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry", action="store_true", help="do not write promises.json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the coverage, write the file, and exit with 1 if anything does not match."""
        tests = self._tests()
        current, published = self._versions()
        coverage = promises.coverage(tests, current)
        for each in coverage:
            self._print(each)
        made = {each.promise.id for each in coverage}
        untested = sorted({each.promise.id for each in coverage if not each.tests})
        unknown = sorted(set(tests) - made)
        self._list("No longer promised", promises.dropped(current, published))
        self._list("Without a test", untested)
        self._list("Named by a test, but promised by no version in force", unknown)
        if not options["dry"] and (settings.BASE_DIR / "tests").is_dir():
            content = promises.as_json(tests, current)
            promises.TESTS_FILE.write_text(content, encoding="utf-8")
        self.stdout.write(f"promises: {len(made)} in force, {len(untested)} untested")
        if untested or unknown:
            raise SystemExit(1)

    def _tests(self) -> dict[str, Any]:
        """Return the tests by promise; from promises.json if the shop runs without its tests."""
        folder = settings.BASE_DIR / "tests"
        try:
            return dict(find_tests(folder) if folder.is_dir() else promises.known_tests())
        except UnreadableMarker as error:
            raise CommandError(str(error)) from error

    def _versions(self) -> tuple[list[PolicyVersion], list[PolicyVersion]]:
        """Return the versions in force and all published ones; without any, the seed data."""
        try:
            published = list(PolicyVersion.objects.published().select_related("policy"))
            numbers = {version.pk for version in services.versions_in_force()}
        except DatabaseError:  # no tables yet
            published = []
        if not published:
            self.stdout.write("No published versions: this is the seed data.\n\n")
            return seed.unsaved_versions()
        published.sort(key=lambda each: (each.policy.position, each.number or 0))
        return [each for each in published if each.pk in numbers], published

    def _print(self, coverage: promises.Coverage) -> None:
        count = len(coverage.tests)
        tests = "1 test" if count == 1 else f"{count or 'no'} tests"
        name = f"{coverage.slug} v{coverage.number}"
        self.stdout.write(f"{coverage.promise.id:28} {name:20} {tests}")
        sentence = textwrap.wrap(coverage.promise.sentence, _WIDTH - 4)
        for line in [*sentence, *(f"- {test}" for test in coverage.tests)]:
            self.stdout.write(f"    {line}")

    def _list(self, label: str, names: list[str]) -> None:
        if names:
            text = f"{label}: {', '.join(names)}."
            self.stdout.write(textwrap.fill(text, _WIDTH, break_on_hyphens=False))
