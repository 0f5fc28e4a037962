"""Write the opening movement of each stock record that is older than the ledger."""

from django.db import migrations

BATCH = 1000


def write_opening_movements(apps, schema_editor):
    StockRecord = apps.get_model("partner", "StockRecord")
    StockMovement = apps.get_model("partner", "StockMovement")
    rows = []
    for record in StockRecord.objects.order_by("pk").iterator(BATCH):
        on_hand, committed = record.num_in_stock or 0, record.num_allocated or 0
        if on_hand or committed:
            rows.append(
                StockMovement(
                    stockrecord=record,
                    type="receipt",
                    on_hand_change=on_hand,
                    committed_change=committed,
                    reason=f"Opening stock of {record.partner_sku}",
                )
            )
    StockMovement.objects.bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("partner", "0009_stock_ledger")]

    operations = [migrations.RunPython(write_opening_movements, migrations.RunPython.noop)]
