"""What a product's admin page says about its ports, and about its manuals."""

from typing import Any

from django.db.models import Q

from catalog.compatibility.models import Port, PortRule
from catalog.models import Product, ProductAttributeValue
from microflight.core.admin_base import admin_link


def connections(product: Product) -> dict[str, Any]:
    """Return the stored ports of a product and its variants, the attributes that port rules read
    and that none of them has, and links to the manuals. Four queries."""
    own = Q(product=product) | Q(product__parent=product) | Q(product=product.parent_id)
    known = ProductAttributeValue.objects.filter(own).values("attribute")
    product_type = product.get_product_class()
    rules = PortRule.objects.filter(attribute__product_class=product_type).exclude(
        attribute__in=known
    )
    ports = Port.objects.filter(own).select_related("product__parent").order_by("pk")
    return {
        "ports": [
            (
                port.product.get_title(),
                port.get_interface_display(),
                port.get_direction_display(),
                port_values(port),
            )
            for port in ports[:100]
        ],
        "port_gaps": [
            (rule.attribute.name, str(rule), rule.is_required)
            for rule in rules.select_related("attribute")
        ],
        "manuals": [admin_link(manual) for manual in product.manuals.all()],
    }


def port_values(port: Port) -> str:
    """Return what is known about a port, as “voltage 3.7”."""
    hidden = {"product_id", "interface", "direction"}
    values = ((name, value) for name, value in port.values().items() if name not in hidden)
    return ", ".join(f"{_label(name)} {value}" for name, value in values)


def _label(column: str) -> str:
    field: Any = Port._meta.get_field(column)
    return str(field.verbose_name)
