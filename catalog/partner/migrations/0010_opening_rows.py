"""Each stock record that was there before the ledger opens its account with what it has."""

from django.db import migrations

BATCH = 1000


def open_accounts(apps, schema_editor):
    StockRecord = apps.get_model("partner", "StockRecord")
    StockMovement = apps.get_model("partner", "StockMovement")
    rows = []
    for record in StockRecord.objects.order_by("pk").iterator(BATCH):
        shelf, promised = record.num_in_stock or 0, record.num_allocated or 0
        if shelf or promised:
            rows.append(
                StockMovement(
                    stockrecord=record,
                    kind="receipt",
                    shelf_change=shelf,
                    promised_change=promised,
                    why=f"Opening stock of {record.partner_sku}",
                )
            )
    StockMovement.objects.bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("partner", "0009_stock_ledger")]

    operations = [migrations.RunPython(open_accounts, migrations.RunPython.noop)]
