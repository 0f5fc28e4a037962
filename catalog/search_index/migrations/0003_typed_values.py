"""Typed values of products and variants, also texts. Search fills them again: run
`manage.py refresh_products`.
"""

import django.db.models.deletion
from django.db import migrations, models

def product_is_item(apps, schema_editor):
    """The rows so far did not say which variant has a value."""
    apps.get_model("search_index", "TypedValue").objects.update(item=models.F("product"))


class Migration(migrations.Migration):
    dependencies = [("search_index", "0002_full_text")]
    operations = [
        migrations.RenameModel("ProductQuantity", "TypedValue"),
        migrations.RemoveConstraint("typedvalue", "search_one_quantity"),
        migrations.AlterField(
            "typedvalue",
            "product",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="typed_values",
                to="catalogue.product",
            ),
        ),
        migrations.AlterField(
            "typedvalue", "value", models.DecimalField(decimal_places=6, max_digits=18, null=True)
        ),
        migrations.AddField("typedvalue", "text", models.CharField(blank=True, max_length=255, default=""), preserve_default=False),
        migrations.AddField(
            "typedvalue",
            "item",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalogue.product",
            ),
        ),
        migrations.RunPython(product_is_item, migrations.RunPython.noop, elidable=True),
    ]
