"""The URLs of the site: one include per package."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from hijack.views import ReleaseUserView

from accounts.staff.views import accept_invitation
from catalog.content import views as content

# Staff log in where customers do: second factor, verified address and rate limits included.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("catalog.home_urls")),
    path("", include("catalog.feeds.urls")),
    path("catalogue/", include("catalog.urls")),
    path("search/", include("catalog.search.urls")),
    path("compare/", include("catalog.compare.urls")),
    path("cart/", include("checkout.pages.cart.urls")),
    path("build/", include("catalog.build_sheet.urls")),
    path("quick-order/", include("checkout.pages.quick_order.urls")),
    path("checkout/", include("checkout.pages.checkout_urls")),
    path("orders/", include("checkout.pages.orders.urls")),
    path("orders/", include("checkout.returns.urls")),
    path("orders/", include("checkout.documents.urls")),
    path("order-form/", include("checkout.offline.urls")),
    path("orders/", include("checkout.withdrawal.urls")),
    path("delays/", include("checkout.deadlines.urls")),
    path("stripe/", include("checkout.settlement.urls")),
    path("manuals/", include("catalog.manuals.urls")),
    path("back-in-stock/", include("catalog.back_in_stock.urls")),
    path("saved-searches/", include("catalog.saved_searches.urls")),
    path("external-offers/", include("catalog.external_offers.urls")),
    path("account/back-in-stock/", include("catalog.back_in_stock.account_urls")),
    path("wish-lists/", include("checkout.pages.wish_lists.urls")),
    path("account/wish-lists/", include("checkout.pages.wish_lists.account_urls")),
    path("questions/", include("catalog.reviews.urls")),
    path("account/reviews/", include("checkout.pages.reviews.urls")),
    path("account/saved-searches/", include("catalog.saved_searches.account_urls")),
    path("account/orders/", include("checkout.pages.orders.account_urls")),
    path("account/agreements/", include("accounts.agreements.urls")),
    path("account/invitation/<row:pk>/<str:token>/", accept_invitation, name="staff-invitation"),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    # only the end of a login as a customer; it starts on the customer's page, with a reason
    path(
        "hijack/",
        include(([path("release/", ReleaseUserView.as_view(), name="release")], "hijack")),
    ),
    path("newsletter/", include("accounts.newsletter.urls")),
    path("policies/", include("policies.urls")),
    path("pages/<slug:slug>/", content.page, name="page"),
    path("", include("microflight.page_urls")),
    # allauth's page requires the current password and notifies the owner by email
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
