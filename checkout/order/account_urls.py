"""An account's own orders."""

from django.urls import URLPattern

app_name = "account_orders"
urlpatterns: list[URLPattern] = []
