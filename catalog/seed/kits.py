"""Kits: written once, so changes by staff remain."""

from django.db.models import Q

from catalog.kits.models import KitComponent
from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.seed.tables import read_table


def load_kits(products: dict[str, Product]) -> None:
    """Make kits of the products that have no stock of their own and no components yet."""
    rows = read_table("kits")
    wanted = {products[row["kit"]].pk for row in rows}
    stocked = StockRecord.objects.filter(Q(num_in_stock__gt=0) | Q(num_allocated__gt=0))
    known = KitComponent.objects.filter(kit__in=wanted).values_list("kit_id", flat=True)
    new = wanted - set(known) - set(stocked.values_list("product_id", flat=True))
    Product.objects.filter(pk__in=new).update(is_kit=True)
    KitComponent.objects.bulk_create(
        KitComponent(
            kit=products[row["kit"]],
            component=products[row["component"]],
            quantity=int(row["quantity"]),
        )
        for row in rows
        if products[row["kit"]].pk in new
    )
