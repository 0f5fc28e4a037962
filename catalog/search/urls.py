"""The search page."""

from django.urls import path

from catalog.search import advanced, views

app_name = "search"
urlpatterns = [
    path("", views.search, name="search"),
    path("advanced/", advanced.advanced, name="advanced"),
    path("suggestions/", views.suggestions, name="suggestions"),
]
