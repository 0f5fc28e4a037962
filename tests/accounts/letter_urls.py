"""The site's addresses, with the pages that letters link to in any case."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from microflight.urls import urlpatterns as real


def _page(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("orders/", include(([path("<number>/<token>/", _page, name="status")], "orders"))),
    path("policies/", include(([path("<slug:slug>/", _page, name="page")], "policies"))),
    *real,
]
