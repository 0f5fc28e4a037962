"""The source of facts in tests."""

from datetime import date

#: As fields of a model that inherits SourcedRow; overdue from 2090-01-02.
SOURCED = {
    "source": "Test Gazette",
    "source_date": date(2026, 11, 29),
    "check_again_on": date(2090, 1, 1),
}
