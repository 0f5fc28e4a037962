"""What the policies in force promise, and which tests hold it."""

import textwrap
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from policies import promises, seed, services
from policies.marks import UnreadableMark, tests_by_promise
from policies.models import PolicyVersion

_WIDTH = 98


class Command(BaseCommand):
    """`manage.py promises`: the table, what is not offered yet, and promises.json anew.

    Fails where a promise in force has no test, and where a test names one that no text makes.
    """

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Let a look leave the file alone."""
        parser.add_argument("--dry", action="store_true", help="leave promises.json as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the table; write the file; exit with 1 where texts and tests do not fit."""
        tests = self._tests()
        current, published = self._texts()
        kept = promises.in_force(tests, current)
        for each in kept:
            self._row(each)
        made = {each.promise.id for each in kept}
        untested = sorted({each.promise.id for each in kept if not each.tests})
        strays = sorted(set(tests) - made)
        self._say("Not offered yet, and not claimed", promises.not_offered(current, published))
        self._say("Without a test", untested)
        self._say("Named by a test, made by no text in force", strays)
        if not options["dry"] and (settings.BASE_DIR / "tests").is_dir():
            promises.FOUND.write_text(promises.written(tests, current), encoding="utf-8")
        self.stdout.write(f"promises: {len(made)} in force, {len(untested)} untested")
        if untested or strays:
            raise SystemExit(1)

    def _tests(self) -> dict[str, Any]:
        """The marks of the tests; where the shop runs without them, what was found last."""
        folder = settings.BASE_DIR / "tests"
        try:
            return dict(tests_by_promise(folder) if folder.is_dir() else promises.tests_found())
        except UnreadableMark as problem:
            raise CommandError(str(problem)) from problem

    def _texts(self) -> tuple[list[PolicyVersion], list[PolicyVersion]]:
        """The texts in force and all published ones; without any, those of the software."""
        try:
            published = list(PolicyVersion.objects.published().select_related("policy"))
            numbers = {version.pk for version in services.versions_in_force()}
        except DatabaseError:  # no tables yet
            published = []
        if not published:
            self.stdout.write("Nothing is published here: these are the texts of the software.\n\n")
            return seed.unpublished()
        published.sort(key=lambda each: (each.policy.position, each.number or 0))
        return [each for each in published if each.pk in numbers], published

    def _row(self, kept: promises.Kept) -> None:
        number = len(kept.tests)
        tests = "1 test" if number == 1 else f"{number or 'no'} tests"
        self.stdout.write(f"{kept.promise.id:28} {f'{kept.slug} v{kept.number}':20} {tests}")
        words = textwrap.wrap(kept.promise.sentence, _WIDTH - 4)
        for line in [*words, *(f"- {test}" for test in kept.tests)]:
            self.stdout.write(f"    {line}")

    def _say(self, what: str, names: list[str]) -> None:
        if names:
            text = f"{what}: {', '.join(names)}."
            self.stdout.write(textwrap.fill(text, _WIDTH, break_on_hyphens=False))
