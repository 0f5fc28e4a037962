"""Paint, whose variants differ by colour and finish."""

import pytest
from django.test import Client
from oscar.apps.partner.models import Partner

from catalog.models import AttributeOptionGroup, Category, Product, ProductAttribute, ProductClass
from tests.catalog.product_form import ADD, errors_of, generated, option, typed


@pytest.fixture
def paint(db: None) -> ProductClass:
    """Paint differs by colour and finish; a text names its maker, which is required."""
    paint = ProductClass.objects.create(name="Paint")
    for name, options in (("Colour", ["Red", "Blue"]), ("Finish", ["Matt", "Gloss"])):
        group = AttributeOptionGroup.objects.create(name=name, code=name.lower())
        for each in options:
            group.options.create(option=each)
        ProductAttribute.objects.create(
            product_class=paint, name=name, code=name.lower(), type="option", option_group=group
        )
    ProductAttribute.objects.create(
        product_class=paint, name="Maker", code="maker", type="text", required=True
    )
    Partner.objects.create(name="Plantraco")
    return paint


@pytest.fixture
def paints(db: None) -> Category:
    """The category of paint."""
    return Category.objects.add_root(instance=Category(name="Paint"))


@pytest.fixture
def four(staff: Client, paint: ProductClass, paints: Category) -> Product:
    """Paint in two colours and two finishes."""
    chosen = {
        "varies_colour": [option("colour", "Red"), option("colour", "Blue")],
        "varies_finish": [option("finish", "Matt"), option("finish", "Gloss")],
    }
    page = generated(staff, typed(paint, paints, **chosen))
    answer = staff.post(ADD, page | {"children-3-price": "5.00", "children-3-on_hand": "2"})
    assert answer.status_code == 302, errors_of(answer)
    return Product.objects.get(title="Paint")
