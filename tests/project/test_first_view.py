"""What a first visit to a category page loads."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from catalog.models import Category
from microflight.seed import load_shop

LIMIT = 60_000  # bytes of HTML, CSS and JS, compressed


@pytest.mark.promise("own-origin")
@pytest.mark.django_db
def test_first_category_page_is_small(client: Client) -> None:
    load_shop()
    address = Category.objects.get(slug="micro-rc-gear").get_absolute_url()
    html = client.get(address).content.decode()
    assert html.count('<article class="product-card"') == 24
    head = re.findall(r'<link rel="stylesheet" href="([^"]+)"|<script[^>]* src="([^"]+)"', html)
    files = [css or script for css, script in head]
    assert files[0] == "/static/css/site.css"
    assert [name for name in files if not name.startswith("/static/")] == []
    parts = [Path(str(finders.find(name.removeprefix("/static/")))).read_bytes() for name in files]
    size = sum(len(gzip.compress(part)) for part in (html.encode(), *parts))
    assert size <= LIMIT
