"""The components of a kit in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.kits.models import KitComponent
from catalog.models import Product
from tests.admin_forms import open_form
from tests.catalog import factories, stock
from tests.catalog.product_form import errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def plane(db: None) -> Product:
    return factories.product("Plane", price="149.00", into=factories.category("Planes"))


@pytest.fixture
def staff(admin_client: Client) -> Client:
    return admin_client


def save(staff: Client, product: Product, *components: tuple[Product, Any], **changes: Any) -> Any:
    """Submit the page of a product with these new components."""
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    form: dict[str, Any] = open_form(staff, url)
    form |= {"is_kit": "on", "kit_components-TOTAL_FORMS": len(components), **changes}
    for place, (component, quantity) in enumerate(components):
        form[f"kit_components-{place}-component"] = component.pk
        form[f"kit_components-{place}-quantity"] = quantity
    return staff.post(url, form)


@pytest.fixture
def box(db: None) -> Product:
    """A product without stock, not a kit yet."""
    return factories.product("Box", price="140.00", stock=0, into=factories.category("Sets"))


def test_product_becomes_a_kit(staff: Client, plane: Product, box: Product):
    answer = save(staff, box, (plane, 2))
    assert answer.status_code == 302, errors_of(answer)
    box.refresh_from_db()
    assert box.is_kit
    assert [(row.component, row.quantity) for row in box.kit_components.all()] == [(plane, 2)]
    assert str(box.weight_g) == "7.20"


@pytest.mark.parametrize(
    ("quantity", "error"),
    [("0", "greater than or equal to 1"), ("101", "less than or equal to 100"), ("1e9", "whole")],
)
def test_quantity_has_bounds(
    staff: Client, plane: Product, box: Product, quantity: str, error: str
):
    answer = save(staff, box, (plane, quantity))
    assert answer.status_code == 200
    assert error in answer.content.decode()
    assert not KitComponent.objects.exists()


def rejected(answer: Any) -> str:
    """Return the page of a form that was rejected; nothing has changed."""
    assert answer.status_code == 200
    assert not Product.objects.filter(title="Box", is_kit=True).exists()
    return str(answer.content.decode())


def test_kit_needs_components(staff: Client, box: Product):
    assert "A kit needs at least one component." in rejected(save(staff, box))


def test_components_need_a_kit(staff: Client, plane: Product, box: Product):
    page = rejected(save(staff, box, (plane, 1), is_kit=""))
    assert "Only kits have components" in page
    assert not KitComponent.objects.exists()


def test_kit_cannot_contain_itself(staff: Client, box: Product):
    assert "“Box” cannot contain itself." in rejected(save(staff, box, (box, 1)))


def test_kit_cannot_contain_a_kit(staff: Client, plane: Product, box: Product):
    inner = factories.kit("Inner", [(plane, 1)])
    assert "a kit cannot contain another one" in rejected(save(staff, box, (inner, 1)))


def test_component_cannot_become_a_kit(staff: Client, plane: Product, box: Product):
    factories.kit("Outer", [(box, 1)])
    assert "It is a component of another kit" in rejected(save(staff, box, (plane, 1)))


def test_kit_cannot_contain_a_product_with_variants(staff: Client, box: Product):
    parent = factories.with_variants("Motor", ["3.00"])
    assert "has variants: choose one" in rejected(save(staff, box, (parent, 1)))


def test_kit_cannot_contain_a_product_without_stock_record(staff: Client, box: Product):
    idea = factories.product("Idea", price=None)
    assert "has no price and stock" in rejected(save(staff, box, (idea, 1)))


def test_product_twice_in_a_kit_is_rejected(staff: Client, plane: Product, box: Product):
    rejected(save(staff, box, (plane, 1), (plane, 2)))
    assert not KitComponent.objects.exists()


def test_product_with_stock_cannot_become_a_kit(staff: Client, plane: Product, box: Product):
    stock.put(3, box.stockrecords.get())
    assert "count it to 0 before" in rejected(save(staff, box, (plane, 1)))
    assert not KitComponent.objects.exists()


def test_component_is_not_deleted(staff: Client, plane: Product):
    kit = factories.kit("Outer", [(plane, 1)])
    url = reverse("admin:catalogue_product_delete", args=[plane.pk])
    page = staff.post(url, {"post": "yes"}, follow=True).content.decode()
    assert "A component of the kit “Outer”" in page
    assert Product.objects.filter(pk__in=[plane.pk, kit.pk]).count() == 2
    staff.post(reverse("admin:catalogue_product_delete", args=[kit.pk]), {"post": "yes"})
    assert list(Product.objects.all()) == [plane]


def test_lists_show_how_many_kits_are_available(staff: Client, plane: Product):
    factories.kit("Outer", [(plane, 3)])
    page = staff.get(reverse("admin:partner_stockrecord_changelist")).content.decode()
    assert "6 (kit)" in page
    page = staff.get(reverse("admin:catalogue_product_changelist"), {"q": "Outer"}).content.decode()
    assert 'class="field-available">6</td>' in page
