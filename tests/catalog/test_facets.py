"""Facets of lists: filters, counts, chips, numbers with units, bad input."""

import random
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from catalog import facets, listing_index, read_model, tree
from catalog.list_numbers import edges
from catalog.list_query import ListQuery
from catalog.models import Product, ProductAttribute, ProductAttributeValue, ProductClass
from catalog.product_sets import as_places
from tests.catalog import factories

pytestmark = pytest.mark.django_db

CONNECTORS = ("Magnetic", "1.25 mm plug", "Solder pads", "Écran")


@dataclass
class Item:
    """A product as the brute-force count sees it: the values of it and its variants."""

    pk: int
    categories: set[int]
    prices: set[float]
    in_stock: bool
    ships: str
    numbers: dict[str, set[float]]
    texts: set[str]


@dataclass
class Shop:
    items: list[Item] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)


def _attributes() -> dict[str, ProductAttribute]:
    kind, _ = ProductClass.objects.get_or_create(name="Part")
    made = {}
    for code, name, form in (
        ("voltage_v", "Voltage (V)", "float"),
        ("length_in", "Length (in)", "float"),
        ("connector", "Connector", "text"),
    ):
        made[code], _ = ProductAttribute.objects.get_or_create(
            product_class=kind, code=code, defaults={"name": name, "type": form, "is_facet": True}
        )
    return made


def _value(product: Product, attribute: ProductAttribute, value: Any) -> None:
    column = {f"value_{attribute.type}": value}
    ProductAttributeValue.objects.create(product=product, attribute=attribute, **column)


@pytest.fixture
def shop() -> Shop:
    """60 products, a third of them with variants, in four categories."""
    chance, attributes, made = random.Random(14), _attributes(), Shop()
    top = factories.category("Gear")
    places = [top, factories.category("Motors", top), factories.category("Cells", top),
              factories.category("Toys")]  # fmt: skip
    for number in range(60):
        made.items.append(_item(chance, number, places, attributes))
    read_model.refresh()
    made.nodes = list(tree.load().by_pk.values())
    return made


def _item(chance: random.Random, number: int, places: list[Any], attributes: Any) -> Item:
    place, has_variants = chance.choice(places), number % 3 == 0
    parent = factories.product(
        f"Part {number}", price=None if has_variants else "5", into=place, pictures=0,
        structure=Product.PARENT if has_variants else Product.STANDALONE,
        weight=str(chance.randint(1, 400) / 10), stock=chance.choice([0, 3]),
    )  # fmt: skip
    sold = [parent]
    if has_variants:
        sold = [
            factories.product(f"Part {number} {n}", parent=parent, pictures=0,
                              stock=chance.choice([0, 0, 2]), weight=str(n + 1))
            for n in range(2)
        ]  # fmt: skip
    item = Item(
        parent.pk, {place.pk}, set(), False, chance.choice(["", "+CA US", "-RU"]), {}, set()
    )
    for product in sold:
        record = product.stockrecords.get()
        record.price = Decimal(chance.randint(100, 9000)) / 100
        record.save()
        item.prices.add(float(record.price))
        item.in_stock |= bool(record.num_in_stock)
        if chance.random() < 0.7:
            volts = chance.choice([3.7, 7.4, 11.1])
            _value(product, attributes["voltage_v"], volts)
            item.numbers.setdefault("n.voltage_v", set()).add(volts)
        if chance.random() < 0.5:
            inches = chance.randint(1, 40) / 4
            _value(product, attributes["length_in"], inches)
            item.numbers.setdefault("n.length_in", set()).add(round(inches * 25.4, 6))
        if chance.random() < 0.6:
            text = chance.choice(CONNECTORS)
            _value(product, attributes["connector"], text)
            item.texts.add(text)
    item.numbers["n.weight"] = {float(one.weight_g) for one in {parent, *sold}}
    Product.objects.filter(pk=parent.pk).update(ships_to=item.ships)
    return item


# --- Brute force ---------------------------------------------------------------------------------


def _branch(shop: Shop, node: Any) -> set[int]:
    return {one.pk for one in node.branch()}


def _matches(shop: Shop, item: Item, wanted: dict[str, Any], but: str = "") -> bool:
    """Tell whether a product matches all choices except those of one facet."""
    tests = {
        "category": lambda pks: any(
            item.categories & _branch(shop, node) for node in shop.nodes if node.pk in pks
        ),
        "in_stock": lambda _on: item.in_stock,
        "ships_to": lambda code: {
            "": False, "+CA US": code in ("CA", "US"), "-RU": code != "RU"
        }[item.ships],
        "t.connector": lambda several: bool(item.texts & set(several)),
    }  # fmt: skip
    for name, choice in wanted.items():
        if name == but:
            continue
        if name in tests:
            if not tests[name](choice):
                return False
        elif not any(_inside(value, choice) for value in _numbers(item, name)):
            return False
    return True


def _numbers(item: Item, column: str) -> set[float]:
    return item.prices if column == "price" else item.numbers.get(column, set())


def _inside(value: float, limits: tuple[float | None, float | None]) -> bool:
    low, high = limits
    return (low is None or value >= low) and (high is None or value <= high)


def _wanted(chance: random.Random, shop: Shop) -> dict[str, Any]:
    """Return a random combination of choices; numbers in base units."""
    wanted: dict[str, Any] = {}
    if chance.random() < 0.4:
        wanted["category"] = {node.pk for node in chance.sample(shop.nodes, chance.randint(1, 2))}
    if chance.random() < 0.3:
        wanted["in_stock"] = True
    if chance.random() < 0.3:
        wanted["ships_to"] = chance.choice(["CA", "US", "DE", "RU"])
    if chance.random() < 0.4:
        wanted["t.connector"] = chance.sample(CONNECTORS, chance.randint(1, 3))
    for column, most in (("price", 90), ("n.weight", 40), ("n.voltage_v", 12), ("n.length_in", 10)):
        if chance.random() < 0.3:
            low, high = sorted(round(chance.uniform(0, most), 1) for _ in range(2))
            wanted[column] = (low if chance.random() < 0.7 else None, high)
    return wanted


def _query(wanted: dict[str, Any]) -> ListQuery:
    query = QueryDict(mutable=True)
    for name, choice in wanted.items():
        field_name = f"a.{name[2:]}" if name[1] == "." else name
        if name in ("category", "t.connector"):
            query.setlist(field_name, [str(one) for one in choice])
        elif isinstance(choice, tuple):
            query[f"{field_name}.from"], query[f"{field_name}.to"] = (
                "" if limit is None else str(limit) for limit in choice
            )
        else:
            query[field_name] = "1" if choice is True else choice
    return ListQuery.read(query)


def _in_base_units(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the choices with inches as millimetres."""
    limits = wanted.get("n.length_in")
    if limits is None:
        return wanted
    in_mm = tuple(None if one is None else round(one * 25.4, 6) for one in limits)
    return {**wanted, "n.length_in": in_mm}


def _expected(shop: Shop, facet: facets.Facet, wanted: dict[str, Any]) -> dict[Any, int]:
    """Return the counts of a facet: one by one, ignoring its own choice."""
    column = _column(facet.name)
    others = [item for item in shop.items if _matches(shop, item, wanted, but=column)]
    if facet.type == "range":
        found = {pk: _numbers(item, column) for item in others for pk in [item.pk]}
        every = sorted({value for values in found.values() for value in values})
        limits = edges(every[0], every[-1])
        return {
            bar: sum(
                any(low <= value < high or value == high == every[-1] for value in values)
                for values in found.values()
            )
            for bar, (low, high) in enumerate(zip(limits, limits[1:], strict=False))
        }
    alone: dict[str, Any] = {
        "category": lambda value: {"category": {int(value)}},
        "in_stock": lambda value: {"in_stock": True},
        "ships_to": lambda value: {"ships_to": value},
        "t.connector": lambda value: {"t.connector": [value]},
    }
    return {
        option.value: sum(_matches(shop, one, alone[column](option.value)) for one in others)
        for option in facet.options
    }


def _column(name: str) -> str:
    if not name.startswith("a."):
        return name
    return f"{'t' if name == 'a.connector' else 'n'}.{name[2:]}"


def test_1000_random_combinations_equal_a_brute_force_count(shop):
    # Mutation: `one != name` dropped in facets.of_list: counts no longer ignore their own choice
    chance, index = random.Random(2026), listing_index.current()
    countries = {"CA": "Canada", "US": "United States", "DE": "Germany", "RU": "Russia"}
    seen = set()
    for _ in range(1000):
        typed = _wanted(chance, shop)
        wanted = _in_base_units(typed)
        found = facets.of_list(index, index.everything, _query(typed), shop.nodes, countries)
        pks = {index.listed[place].pk for place in as_places(found.bits)}
        assert pks == {item.pk for item in shop.items if _matches(shop, item, wanted)}, typed
        for facet in found.facets:
            counted: dict[Any, int] = {one.value: one.count for one in facet.options}
            counted |= {bar.place: bar.count for bar in facet.bars}
            if counted:
                assert counted == _expected(shop, facet, wanted), (facet.name, typed)
                seen.add(facet.name)
    assert seen == {"category", "in_stock", "ships_to", "price", "a.weight", "a.voltage_v",
                    "a.length_in", "a.connector"}  # fmt: skip


# --- Pages ---------------------------------------------------------------------------------------


@pytest.fixture
def cells() -> Any:
    """A category with three cells."""
    into, attributes = factories.category("Cells"), _attributes()
    for title, weight, price, connector in (
        ("Ant", "1.5", "4.00", "Magnetic"),
        ("Bee", "3.6", "8.00", "1.25 mm plug"),
        ("Cub", "14.2", "20.00", "Magnetic"),
    ):
        made = factories.product(title, weight=weight, price=price, into=into)
        _value(made, attributes["connector"], connector)
        read_model.refresh([made])
    return into


def _page(url: str) -> str:
    response = Client().get(url)
    assert response.status_code == 200
    return response.content.decode()


def _titles(page: str) -> list[str]:
    return re.findall(r'<h3 class="title"><a href="[^"]+">(.+?)</a>', page)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("a.weight.to=3,6+g", ["Ant", "Bee"]),
        ("a.weight.to=0.5+oz", ["Ant", "Bee"]),
        ("a.weight.from=3.6&a.weight.to=0.0142+kg", ["Bee", "Cub"]),
        ("price.from=$8", ["Bee", "Cub"]),
        ("price.to=8,00", ["Ant", "Bee"]),
        ("a.connector=Magnetic", ["Ant", "Cub"]),
        ("a.connector=Magnetic&a.connector=1.25+mm+plug", ["Ant", "Bee", "Cub"]),
        ("a.connector=Magnetic&a.weight.from=2", ["Cub"]),
        ("in_stock=1&ships_to=", ["Ant", "Bee", "Cub"]),
        ("a.connector=Unknown", []),
        ("ships_to=XX", []),
    ],
)
def test_facets_filter_a_category(cells, query, titles):
    assert _titles(_page(f"{cells.get_absolute_url()}?sort=name&{query}")) == titles


@pytest.mark.parametrize("name", ["search:search", "catalogue:index", "new-arrivals"])
def test_same_facets_filter_all_lists(cells, name):
    page = _page(f"{reverse(name)}?q=part&sort=name&a.connector=Magnetic")
    assert _titles(page) == ["Ant", "Cub"]
    assert 'name="a.connector" value="Magnetic" checked' in page


def test_new_arrivals_are_the_products_of_90_days_newest_first(cells):
    Product.objects.filter(title="Ant").update(date_created="2020-01-01T00:00Z")
    page = _page(reverse("new-arrivals"))
    assert _titles(page) == ["Cub", "Bee"]
    assert '<option value="" selected>Newest</option>' in page


def test_sale_lists_reduced_products_only(cells):
    record = Product.objects.get(title="Bee").stockrecords.get()
    record.price, record.sale_until = Decimal("6.00"), "2199-12-31"
    record.save()
    assert _titles(_page(reverse("sale"))) == ["Bee"]
    assert _titles(_page(reverse("sale") + "?price.from=7")) == []


def test_chips_remove_one_choice_and_keep_the_others(cells):
    url = cells.get_absolute_url()
    page = _page(f"{url}?sort=name&page=1&a.connector=Magnetic&a.weight.to=3,6+g&in_stock=1")
    chips = re.findall(r'class="chip" href="([^"]*)" rel="nofollow">.*?</span>(.*?)<svg', page)
    assert chips == [
        (f"{url}?sort=name&amp;a.connector=Magnetic&amp;a.weight.to=3%2C6+g", "In stock only"),
        (f"{url}?sort=name&amp;in_stock=1&amp;a.weight.to=3%2C6+g", "Connector: Magnetic"),
        (f"{url}?sort=name&amp;in_stock=1&amp;a.connector=Magnetic", "Weight: up to 3,6 g"),
    ]
    assert f'<a class="chip" href="{url}?sort=name">Remove all</a>' in page


def test_filtered_lists_are_not_indexed(cells):
    url = cells.get_absolute_url()
    assert 'content="noindex"' not in _page(url)
    assert 'rel="canonical"' in _page(f"{url}?sort=name")
    for query in ("a.connector=Magnetic", "in_stock=1", "price.to=9", "view=table"):
        page = _page(f"{url}?{query}")
        assert '<meta name="robots" content="noindex">' in page
        assert 'rel="canonical"' not in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("a.weight.from=heavy", "Enter a number such as 3.6 g, 0.5 oz."),
        ("a.weight.from=3.7+V", "Enter a number such as 3.6 g, 0.5 oz."),
        ("a.weight.from=" + "9" * 59, "Enter a number such as 3.6 g, 0.5 oz."),
        ("a.weight.from=1,234", "Is the comma decimal"),
        ("price.to=%00", None),
        ("a.weight.from=5&a.weight.to=2", "This is less than the lower limit."),
        ("a.weight.from=%D9%A3%D9%AB%D9%A6", None),
        ("a.weight.from=%F0%9F%9B%A9", "Enter a number such as"),
    ],
)
def test_unreadable_number_stays_in_its_field_with_a_message(cells, query, message):
    page = _page(f"{cells.get_absolute_url()}?{query}")
    assert ('aria-invalid="true"' in page) == bool(message)
    assert message is None or message in page
    if message:
        assert len(_titles(page)) == 3  # the limit does not apply


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("&".join(f"a.connector=value{n}" for n in range(500)), 400),
        ("&".join(f"a.code{n}.from={n}" for n in range(500)), 400),
        ("&".join(f"category={n}" for n in range(500)), 400),
        ("&".join(f"a.connector=value{n}" for n in range(60)), 200),
        ("&".join(f"a.code{n}.from=" for n in range(500)), 200),
        ("page=1000000000", 404),
        ("page=1" + "0" * 30, 404),
        ("sort=n.nothing&view=table", 200),
        ("sort=-t.connector&view=table", 200),
        ("sort=n." + "x" * 500, 200),
        ("a.connector=%00&category=%00&ships_to=%00&view=%00", 200),
        ("a.connector=%E2%80%AEabc&a.connector=" + "x" * 5000, 200),
        ("ships_to=" + "x" * 5000, 200),
        ("a.=1&a.%27.from=1&a.weight.from=", 200),
    ],
)
def test_any_query_string_is_answered(cells, query, status):
    assert Client().get(f"{cells.get_absolute_url()}?{query}").status_code == status


# --- Changes -------------------------------------------------------------------------------------


def test_lists_follow_stock_price_and_visibility_at_once(cells):
    url = cells.get_absolute_url() + "?sort=price&in_stock=1"
    assert _titles(_page(url)) == ["Ant", "Bee", "Cub"]  # other limits: other cached pages
    ant, bee, cub = Product.objects.order_by("title")
    ant.stockrecords.all().move(num_in_stock=0)
    record = bee.stockrecords.get()
    record.price = Decimal(50)
    record.save()
    assert _titles(_page(url + "&price.to=97")) == ["Cub", "Bee"]
    cub.is_public = False
    cub.save()
    factories.product("Dab", price="60.00", into=cells)
    assert _titles(_page(url + "&price.to=98")) == ["Bee", "Dab"]


def test_changed_values_are_counted_after_a_refresh(cells):
    url = cells.get_absolute_url() + "?a.connector=Magnetic"
    assert len(_titles(_page(url))) == 2
    bee = Product.objects.get(title="Bee")
    bee.attribute_values.update(value_text="Magnetic")
    read_model.refresh([bee])
    assert len(_titles(_page(url + "&price.to=99"))) == 3


def test_attribute_is_no_facet_unless_its_type_says_so(cells):
    ProductAttribute.objects.update(is_facet=False)
    page = _page(cells.get_absolute_url())
    assert 'name="a.connector"' not in page
    assert 'name="a.weight.from"' in page


# --- Table ---------------------------------------------------------------------------------------


def test_table_has_attributes_as_sortable_columns(cells):
    bee = Product.objects.get(title="Bee")
    _value(bee, _attributes()["voltage_v"], 3.7)
    read_model.refresh([bee])
    page = _page(cells.get_absolute_url() + "?view=table&sort=n.voltage_v")
    assert '<th scope="col" aria-sort="ascending" class="number">' in page
    assert "sort=-n.voltage_v&amp;view=table" in page
    assert re.findall(r'<th scope="row"><a href="[^"]+">(.+?)</a>', page) == ["Bee", "Ant", "Cub"]
    assert '<td class="number">3.7</td>' in page
    assert page.count('type="checkbox" name="product"') == 3


def test_csv_has_the_filtered_list_without_formulas(cells):
    Product.objects.filter(title="Bee").update(title="=1+1")
    read_model.refresh(Product.objects.all())
    response = Client().get(cells.get_absolute_url() + "?view=csv&sort=price&a.weight.to=4")
    rows = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert rows == [
        "SKU,Product,Weight (g),Price (CAD),Availability,Connector",
        "MF-ANT,Ant,1.50,4.00,In stock,Magnetic",
        "MF-BEE,'=1+1,3.60,8.00,In stock,1.25 mm plug",
    ]
    assert response["X-Robots-Tag"] == "noindex"
