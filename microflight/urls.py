"""Every address of the site: one include per room."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("catalog.home_urls")),
    path("catalogue/", include("catalog.urls")),
    path("search/", include("catalog.search.urls")),
    path("compare/", include("catalog.compare.urls")),
    path("cart/", include("checkout.basket.urls")),
    path("checkout/", include("checkout.urls")),
    path("orders/", include("checkout.order.urls")),
    path("stripe/", include("checkout.payment.urls")),
    path("account/orders/", include("checkout.order.account_urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("policies/", include("policies.urls")),
    path("", include("microflight.page_urls")),
    path("admin/", admin.site.urls),
]
