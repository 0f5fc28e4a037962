"""`manage.py advance_ids`: after the database was restored from a backup."""

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.models import F

from checkout.documents.models import DocumentSequence, DocumentType

BY = 10_000


class Command(BaseCommand):
    """Makes every counter jump, the numbers of orders and documents included.

    Rows that were lost between the backup and the failure live on in emails and at Stripe: links
    and cookies with their IDs must not open the rows of other people.
    """

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", type=int, default=BY, help=f"how far, {BY} by default")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if options["by"] < 1:
            raise CommandError("--by must be at least 1.")
        advance = _advance_postgres if connection.vendor == "postgresql" else _advance_sqlite
        models = apps.get_models(include_auto_created=True)
        tables = sorted({model._meta.db_table for model in models if model._meta.managed})
        _advance_documents(options["by"])
        count = sum(advance(table, options["by"]) for table in tables)
        self.stdout.write(f"ids: {count} tables advanced by {options['by']}")


def _advance_documents(by: int) -> None:
    """Let invoices and credit notes skip the numbers that lost ones may have."""
    for each in DocumentType.values:
        DocumentSequence.objects.get_or_create(type=each)
    DocumentSequence.objects.update(last_number=F("last_number") + by)


def _advance_postgres(table: str, by: int) -> int:
    with connection.cursor() as cursor:
        sequences = connection.introspection.get_sequences(cursor, table)
        for sequence in sequences:
            name = connection.ops.quote_name(sequence["name"])
            cursor.execute("SELECT setval(%s, nextval(%s) + %s)", [name, name, by])
    return len(sequences)


def _advance_sqlite(table: str, by: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [by, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, by])
    return 1
