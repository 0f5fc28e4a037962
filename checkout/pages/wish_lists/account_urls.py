"""The wish lists of an account."""

from django.urls import path

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from checkout.pages.wish_lists import views

app_name = "account_wish_lists"
urlpatterns = [
    path("", views.index, name="list"),
    path("add/<row:pk>/", views.add, name="add"),
    path("<row:pk>/", views.detail, name="detail"),
    path("<row:pk>/cart/", views.move_to_cart, name="cart"),
    path("<row:pk>/lines/", views.change_line, name="line"),
    path("<row:pk>/share/", views.share, name="share"),
    path("<row:pk>/remove/", views.remove, name="remove"),
]
