"""The reviews of an account."""

from django.urls import path

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from checkout.pages.reviews import views

app_name = "account_reviews"
urlpatterns = [
    path("", views.index, name="list"),
    path("<row:pk>/", views.write, name="write"),
]
