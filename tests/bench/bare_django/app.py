"""The bare Django page that others are compared with: one view, one template, 24 products.

No database, session or middleware.
"""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

settings.configure(
    SECRET_KEY="bare",  # nothing is signed
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent],
        }
    ],
)

PRODUCTS = [
    {
        "title": f"Micro part {number}",
        "url": f"/catalogue/micro-part-{number}_{number}/",
        "picture": f"/media/{number}.webp",
        "price": f"{number}.95",
        "weight": f"{number / 10:.1f}",
        "stock": "In stock",
    }
    for number in range(1, 25)
]


def listing(request: HttpRequest) -> HttpResponse:
    """Render the 24 products."""
    return render(request, "listing.html", {"products": PRODUCTS, "title": "Micro parts"})


urlpatterns = [path("", listing)]
application = get_wsgi_application()
