"""Words and quantities, without a database."""

from decimal import Decimal

import pytest

from catalog.search_index.query import Term, parse
from catalog.search_index.units import base_value, find_quantities, values_in
from catalog.search_index.word_forms import plain, sku_words, stem, words_of


def test_words_of_text_and_sku():
    assert words_of("Écran  3.6 g, 4 × 8") == ["ecran", "3.6", "g", "4x8"]
    assert sku_words("MF-RX-4CH") == ["mf", "rx", "4ch", "mfrx4ch", "rx4ch"]
    assert words_of("Four-channel 1,234 × 1.50mm") == ["4", "channel", "1234x1.5", "mm"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("batteries", "battery"), ("clevises", "clevis"), ("clevis", "clevis"),
        ("brushes", "brush"), ("lipos", "lipo"), ("brass", "brass"), ("boxes", "box"),
        ("colour", "color"), ("fibre", "fiber"), ("aeroplanes", "airplane"), ("metre", "meter"),
        ("enamelled", "enameled"), ("four", "four"), ("wings", "wing"), ("soldering", "solder"),
    ],
)  # fmt: skip
def test_plurals_and_british_spelling_have_one_stem(word, expected):
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("text", "dimension", "low", "high"),
    [
        ("3.7v", "voltage", "3.6075", "3.7925"),
        ("3,6 g", "mass", "3.51", "3.69"),
        ("0.5 oz", "mass", "12.75728540625", "15.59223771875"),
        ("1 in", "length", "22.86", "27.94"),
        ("under 1 g", "mass", None, "1"),
        ("at least 20 mAh", "capacity", "20", None),
        ("10-20 mAh", "capacity", "10", "20"),
        ("between 1 cm and 20 mm", "length", "10", "20"),
        ("20 to 10 mm", "length", "10", "20"),
        ("1s", "voltage", "3.6075", "3.7925"),
        ("5 s", "time", "4.5", "5.5"),
        ("2.4GHz", "frequency", "2340", "2460"),
        ("four-channel", "channels", "3.6", "4.4"),
        ("6.2 to 1", "ratio", "6.045", "6.355"),
        ("8 Ω", "resistance", "7.5", "8.5"),
        ("1.7 µm", "length", "0.00165", "0.00175"),
    ],
)
def test_quantity_is_a_range_in_the_base_unit(text, dimension, low, high):
    (found,) = find_quantities(plain(text))
    quantity = found.quantity
    assert quantity.dimension == dimension
    assert (quantity.low, quantity.high) == tuple(
        None if one is None else Decimal(one) for one in (low, high)
    )


@pytest.mark.parametrize("text", ["mf-rx-4ch", "4x8 mm", "bt-2s150", "20", "a4 g", "1e999 g"])
def test_sizes_skus_and_plain_numbers_are_no_quantities(text):
    assert [one.quantity.text for one in find_quantities(plain(text))] in ([], ["999 g"])


def test_values_in_titles_and_attributes():
    assert values_in("LiPo pack 2S 150 mAh") == [
        ("voltage", Decimal("7.4")),
        ("capacity", Decimal("150")),
    ]
    assert base_value(1.5, "cm") == ("length", Decimal("15.0"))
    assert base_value(2, "", "Cells in series") == ("voltage", Decimal("7.4"))
    assert base_value("soft", "mm") is None
    assert base_value(True, "mm") is None
    assert base_value(3, "parsecs") is None


def test_query_has_words_phrases_exclusions_and_quantities():
    query = parse('the "foam safe" glue -spray under 20 g')
    assert query.terms == (Term("foam safe", ("foam", "safe"), True), Term("glue", ("glue",)))
    assert query.excluded == (("spray",),)
    (wanted,) = query.quantities
    assert (wanted.quantity.text, wanted.quantity.high) == ("under 20 g", Decimal(20))


def test_filler_words_count_only_alone():
    assert [term.text for term in parse("what fits my mayfly").terms] == ["mayfly"]
    assert [term.text for term in parse("the").terms] == ["the"]


@pytest.mark.parametrize(
    "text", ["", "\0", "''\"", "-", "—…!?", "🛩️", "-motor", '""', "\u202e\u200f", "%_\\"]
)
def test_nothing_to_look_for_is_empty(text):
    assert parse(text).is_empty


def test_long_query_is_bounded():
    query = parse("x1 " * 5_000)
    assert len(query.terms) == 1
    assert len(parse(" ".join(f"w{n}" for n in range(5_000))).terms) == 20
