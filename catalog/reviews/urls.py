"""Questions about products."""

from django.urls import path

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from catalog.reviews import views

app_name = "questions"
urlpatterns = [path("ask/<row:pk>/", views.ask, name="ask")]
