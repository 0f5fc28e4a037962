"""Check the seal of every published text and translation, and the chain that they form."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policies import services
from policies.models import PolicyVersion


class Command(BaseCommand):
    """`manage.py verify_policies`: fails and names the texts that were tampered with."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line; raise CommandError where a seal is broken."""
        broken: list[object] = [*services.broken_links(), *services.broken_translations()]
        broken += services.broken_acceptances()
        if broken:
            raise CommandError("policies: broken seal: " + ", ".join(map(str, broken)))
        number = PolicyVersion.objects.published().count()
        self.stdout.write(f"policies: {number} versions, chain intact")
