"""Give the lines of orders that are there already the state that their parcels say."""

from django.db import migrations
from django.db.models import F, Sum
from django.db.models.functions import Coalesce


def work_out(apps, schema_editor):
    Line = apps.get_model("order", "Line")
    Line.objects.update(status="ordered")
    _give_up_what_will_not_come(Line.objects.filter(order__status="cancelled"))
    counted = Line.objects.annotate(
        gone=Coalesce(Sum("shipping_event_quantities__quantity"), 0)
    )
    if wrong := counted.filter(gone__gt=F("quantity")).first():
        raise RuntimeError(f"More of line {wrong.pk} was shipped than was ordered. Mend this first.")
    shipped = counted.filter(gone__gt=0)
    whole = list(shipped.filter(gone=F("quantity") - F("cancelled")).values_list("pk", flat=True))
    part = list(shipped.filter(gone__lt=F("quantity") - F("cancelled")).values_list("pk", flat=True))
    Line.objects.filter(pk__in=whole).update(status="shipped")
    Line.objects.filter(pk__in=part).update(status="part-shipped")


def _give_up_what_will_not_come(lines):
    for line in lines.annotate(gone=Coalesce(Sum("shipping_event_quantities__quantity"), 0)):
        line.cancelled = line.quantity - line.gone
        line.status = "cancelled"
        line.save(update_fields=["cancelled", "status"])


class Migration(migrations.Migration):

    dependencies = [
        ('order', '0024_lines_have_states'),
    ]

    operations = [
        migrations.RunPython(work_out, migrations.RunPython.noop),
    ]
