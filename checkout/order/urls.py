"""An order seen by signed link."""

from django.urls import URLPattern

app_name = "orders"
urlpatterns: list[URLPattern] = []
