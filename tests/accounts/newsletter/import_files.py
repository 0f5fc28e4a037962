"""Files of subscribers to import, and their imports."""

import csv
import io

from django.core.files.base import ContentFile

from accounts.newsletter.models import ImportRun
from accounts.newsletter.subscribers import imports
from accounts.users.models import User

HEAD = "email,name,topics,country,consent_text,consent_date,consent_origin,confirmed_date\n"


def row(email: str = "dana@example.com", confirmed: str = "2020-05-02", **changes: str) -> str:
    """Return one CSV line, by default with a stated and confirmed consent."""
    cells = {
        "email": email, "name": "Dana", "topics": "sales flying-tips", "country": "ca",
        "text": "Yes, send me news.", "date": "2020-05-01", "origin": "old shop",
        "confirmed": confirmed, **changes,
    }  # fmt: skip
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells.values())
    return line.getvalue()


def checked(*rows: str, head: str = HEAD, by: User | None = None) -> ImportRun:
    """Return the dry run of a file."""
    return imports.check(ContentFile((head + "".join(rows)).encode(), "old.csv"), by=by)


def imported(run: ImportRun) -> ImportRun:
    """Run an import to its end."""
    imports.start(run)
    run.refresh_from_db()
    imports.resume(run)
    run.refresh_from_db()
    return run
