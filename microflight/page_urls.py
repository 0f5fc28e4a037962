"""Pages that belong to no room: contact, site map, health, errors."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
