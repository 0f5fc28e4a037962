"""Categories, product types (Oscar's product classes) and their attributes."""

from catalog.models import (
    AttributeOption,
    AttributeOptionGroup,
    Category,
    ProductAttribute,
    ProductClass,
)
from catalog.seed.tables import read_table


def load_categories() -> dict[str, Category]:
    """Create or update the categories; return them by slug."""
    found: dict[str, Category] = {}
    for line in read_table("categories"):
        parent = found.get(line["parent"])
        category = Category.objects.filter(slug=line["slug"], depth=2 if parent else 1).first()
        found[line["slug"]] = _category(category, parent, line)
    return found


def _category(category: Category | None, parent: Category | None, line: dict[str, str]) -> Category:
    fields = {"name": line["name"], "description": line["description"]}
    if category is None:
        fields["slug"] = line["slug"]
        if parent is None:
            return Category.add_root(**fields)
        parent.refresh_from_db()  # treebeard counts children on the row
        return parent.add_child(**fields)
    for name, value in fields.items():
        setattr(category, name, value)
    category.save()
    return category


def load_classes() -> dict[str, ProductClass]:
    """Create or update the product types with attributes and options; return them by code."""
    classes = {}
    for line in read_table("classes"):
        classes[line["code"]], _ = ProductClass.objects.update_or_create(
            slug=line["code"].replace("_", "-"), defaults={"name": line["name"]}
        )
    for line in read_table("attributes"):
        _load_attribute(classes[line["class"]], line)
    return classes


def _load_attribute(product_class: ProductClass, line: dict[str, str]) -> None:
    group = _option_group(product_class, line) if line["type"] == "option" else None
    ProductAttribute.objects.update_or_create(
        product_class=product_class,
        code=line["code"],
        defaults={"name": line["name"], "type": line["type"], "option_group": group},
        create_defaults={
            "name": line["name"],
            "type": line["type"],
            "option_group": group,
            "is_facet": bool(line["facet"]),  # staff change it
        },
    )


def _option_group(product_class: ProductClass, line: dict[str, str]) -> AttributeOptionGroup:
    """Create missing options; options that staff added remain."""
    code = f"{product_class.slug}-{line['code']}".replace("_", "-")
    group, _ = AttributeOptionGroup.objects.get_or_create(
        code=code, defaults={"name": f"{product_class.name}: {line['name']}"}
    )
    for option in line["options"].split("|"):
        AttributeOption.objects.get_or_create(group=group, option=option)
    return group
