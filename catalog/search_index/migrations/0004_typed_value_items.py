import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search_index", "0003_typed_values")]
    operations = [
        migrations.AlterField(
            "typedvalue",
            "item",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="catalogue.product",
            ),
        ),
        migrations.AddIndex(
            "typedvalue", models.Index(fields=["code", "text"], name="search_typed_texts")
        ),
        migrations.AddConstraint(
            "typedvalue",
            models.UniqueConstraint(
                fields=("item", "code", "dimension", "value", "text"),
                name="search_one_typed_value",
            ),
        ),
    ]
