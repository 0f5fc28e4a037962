"""Whatever is typed into the search field gets an answer."""

import pytest

from tests.catalog import factories

pytestmark = pytest.mark.django_db

BAD = [
    "\0",
    "a\0b",
    "x" * 10_000,
    "'; DROP TABLE catalogue_product; --",
    "?!.,;:—…",
    "🛩️",
    "🛩️ motor",
    "مروحة",
    "\u202emotor",
    "мотор",
    "プロペラ",
    "３．７Ｖ",
    '"',
    '"motor',
    'motor"',
    "-",
    "--",
    "-motor",
    "motor -",
    "motor OR NEAR AND NOT",
    "motor*",
    "title:motor",
    "(motor",
    "motor & | ! <->",
    "'motor'",
    "\\",
    "%",
    "_",
    "1e999 g",
    "99999999999999999999999999 g",
    "0 g",
    "-5 g",
    "10--20 mAh",
    "1..2 mm",
    "under",
    "under g",
    "20-10 mAh",
    "½ in motor",
    "4x8x",
    "x4x8",
    "4×",
    "{{ 7*7 }}",
    "<script>",
    " ".join("abcdefghijklmnopqrstuvwxyz"),
    '"' * 50,
    "a-" * 50,
    "1 " * 50,
    "9" * 100,
]


@pytest.mark.parametrize("query", BAD)
def test_bad_search_is_answered(client, query):
    factories.product("Coreless motor 4 × 8 mm", values={"Voltage (V)": 3.7})
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content
    assert client.get("/search/suggestions/", {"q": query}).status_code == 200


@pytest.mark.parametrize("page", ["1000000000", "1" + "0" * 30])
def test_page_past_the_end_is_not_found(client, page):
    factories.product("Coreless motor")
    assert client.get("/search/", {"q": "motor", "page": page}).status_code == 404


@pytest.mark.parametrize("query", ["Ｍotor", "MOTOR\u200b", "motor\u202e", '"motor', "motor\0"])
def test_invisible_and_wide_characters_change_nothing(client, query):
    factories.product("Coreless motor")
    page = client.get("/search/", {"q": query}).content.decode()
    assert "<mark>motor</mark>" in page
