"""Port rules of the demo's product types, and compatibility entries for what rules do not say."""

from catalog.compatibility.models import CompatibilityEntry, PortRule, Relation
from catalog.models import Product, ProductAttribute
from catalog.seed.tables import read_table

#: Product, relation, other product, reason.
_ENTRIES = (
    ("MF-GB-5R", Relation.EXCLUDED, "MF-MT-6X10", ""),  # its motor is installed
    ("MF-GB-5R", Relation.EXCLUDED, "MF-MT-6X12", ""),
    ("MF-GB-5R", Relation.EXCLUDED, "MF-MT-6X15", ""),
    ("MF-AP-MAYFLY-KIT", Relation.NEEDS, "MF-GB-4", "between motor and propeller"),
    ("MF-AP-MAYFLY-KIT", Relation.NEEDS, "MF-GL-CA-THIN", "to glue carbon rods"),
    ("MF-BT-PLUG", Relation.WORKS, "MF-RX-4CH-MAG", "the plug of its battery socket"),
)  # fmt: skip


def load_port_rules() -> None:
    """Add the rules if there are none: staff change and delete them."""
    if PortRule.objects.exists():
        return
    rows = ProductAttribute.objects.values_list("product_class__slug", "code", "pk")
    attributes = {(slug.replace("-", "_"), code): pk for slug, code, pk in rows if slug}
    PortRule.objects.bulk_create(
        PortRule(
            attribute_id=attributes[line["class"], line["attribute"]],
            interface=line["interface"],
            direction=line["direction"],
            quantity=line["quantity"],
            is_required=bool(line["required"]),
        )
        for line in read_table("port_rules")
    )


def load_compatibility_entries(products: dict[str, Product]) -> None:
    """Add the entries if there are none."""
    if not CompatibilityEntry.objects.exists():
        CompatibilityEntry.objects.bulk_create(
            CompatibilityEntry(
                product=products[sku], relation=relation, other=products[other], reason=reason
            )
            for sku, relation, other, reason in _ENTRIES
        )
