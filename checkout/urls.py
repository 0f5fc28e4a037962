"""From the cart to thank-you."""

from django.urls import URLPattern

app_name = "checkout"
urlpatterns: list[URLPattern] = []
