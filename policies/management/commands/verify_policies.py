"""Check the hashes of all published versions, translations and acceptances, and the hash chain."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policies import integrity
from policies.models import PolicyVersion


class Command(BaseCommand):
    """`manage.py verify_policies`: fails and lists the rows that were tampered with."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line. Raises CommandError if a hash does not match."""
        tampered: list[object] = [
            *integrity.tampered_versions(),
            *integrity.tampered_translations(),
            *integrity.tampered_acceptances(),
        ]
        if tampered:
            raise CommandError("policies: hash mismatch: " + ", ".join(map(str, tampered)))
        number = PolicyVersion.objects.published().count()
        self.stdout.write(f"policies: {number} versions, chain intact")
