"""Fill the shop with its demo catalogue; safe to run again."""

from contextlib import nullcontext
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from accounts.newsletter.demo import load as load_newsletter
from catalog import read_model
from catalog.models import Product
from catalog.seed import images, manuals
from catalog.seed.demo_users import load_demo_users
from catalog.seed.synthetic import load_synthetic
from checkout.offline.seed import load_demo_orders
from microflight.seed import load_shop, package_loaders


class Command(BaseCommand):
    """Loads products, stock, images, offers, countries, and the data of other packages."""

    help = "Loads the demo shop. A second run updates texts and attributes, not stock and prices."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", type=int, default=0, help="add N synthetic products")
        parser.add_argument("--no-images", action="store_true", help="draw nothing (tests)")
        parser.add_argument("--demo-users", action="store_true", help="add the demo's logins")
        parser.add_argument("--migrate", action="store_true", help="first, while images are drawn")

    def handle(self, *args: Any, **options: Any) -> None:
        with nullcontext() if options["no_images"] else images.drawing() as drawn:
            if options["migrate"]:
                call_command("migrate", verbosity=0)
            self.load(drawn)
        if options["size"]:
            load_synthetic(options["size"], progress=self.count)
        if options["demo_users"]:
            load_demo_users()
            load_demo_orders()
            load_newsletter()
        self.say(f"seed: {Product.objects.browsable().count()} products")

    def load(self, drawn: images.Drawn | None) -> None:
        """Load the catalogue, the data of other packages, and the images."""
        self.say("catalogue")
        load_shop()
        for name, load in package_loaders():
            self.say(name)
            load()
        if drawn is not None:
            images.load_images(drawn, progress=self.count)
            read_model.refresh()  # with the images
        self.say("manuals")
        manuals.load()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def count(self, what: str, done: int, total: int) -> None:
        """Print a line every tenth of the way."""
        if done == total or done % max(total // 10, 1) == 0:
            self.say(f"{what} {done}/{total}")
