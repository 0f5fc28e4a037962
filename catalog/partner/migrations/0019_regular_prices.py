"""Every record has its regular price: so far only those with a sale that runs had one."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    for name in ("StockRecord", "HistoricalStockRecord"):
        rows = apps.get_model("partner", name).objects
        rows.update(regular_price=Coalesce("regular_price", F("price")))


class Migration(migrations.Migration):
    dependencies = [("partner", "0018_schedule_and_cost")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
