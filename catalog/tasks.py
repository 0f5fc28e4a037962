"""Scheduled work of the catalogue. The schedule is in `microflight/celery.py`."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from catalog import read_model
from catalog.image_uploads import delete_old_uploads
from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.schedule import apply_schedule
from microflight.core import history, page_cache


@shared_task
def publish_scheduled() -> int:
    """Publish and withdraw products, start and end sales; return how many products changed."""
    changed = [one.pk for one in apply_schedule(Product.objects.all())]
    changed += StockRecord.objects.all().apply_sales(timezone.localdate())
    if changed:
        read_model.refresh(changed)
        page_cache.invalidate()
    return len(changed)


@shared_task
def delete_uploads() -> int:
    """Delete images that staff chose and did not save; return how many."""
    return delete_old_uploads()


@shared_task
def delete_old_history() -> None:
    """Delete versions of products, prices and categories after HISTORY_DAYS."""
    history.delete_old(settings.HISTORY_DAYS)
