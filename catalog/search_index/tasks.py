"""The daily task of search."""

from celery import shared_task

from catalog.search_index import pages
from catalog.search_index.models import SearchTerm


@shared_task(acks_late=True)
def update_search() -> None:
    """Find the policies that took effect today; delete old search terms."""
    pages.refresh_policies()
    SearchTerm.objects.delete_old()
