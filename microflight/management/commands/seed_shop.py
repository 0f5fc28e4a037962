"""Fill the shop with its demo catalogue; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.newsletter.demo import load as load_readers
from catalog.models import Product
from catalog.seed.people import load_people
from catalog.seed.pictures import load_pictures
from catalog.seed.synthetic import load_synthetic
from microflight.seed import load_shop, room_loaders


class Command(BaseCommand):
    """Products, stock, pictures, offers, countries, and what other rooms bring."""

    help = "Loads the demo shop. A second run refreshes texts and figures; stock and prices stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", type=int, default=0, help="add N synthetic products")
        parser.add_argument("--no-pictures", action="store_true", help="draw nothing (tests)")
        parser.add_argument("--demo-users", action="store_true", help="add the demo's log-ins")

    def handle(self, *args: Any, **options: Any) -> None:
        self.say("catalogue")
        load_shop()
        for name, load in room_loaders():
            self.say(name)
            load()
        if not options["no_pictures"]:
            load_pictures(progress=self.count)
        if options["size"]:
            load_synthetic(options["size"], progress=self.count)
        if options["demo_users"]:
            load_people()
            load_readers()
        self.say(f"seed: {Product.objects.browsable().count()} products")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def count(self, what: str, done: int, total: int) -> None:
        """A line every tenth of the way, so that a log stays readable."""
        if done == total or done % max(total // 10, 1) == 0:
            self.say(f"{what} {done}/{total}")
