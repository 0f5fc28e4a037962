"""Sign-up, leaving, preferences, the archive, and where mail providers report back."""

from django.urls import URLPattern

app_name = "newsletter"
urlpatterns: list[URLPattern] = []
