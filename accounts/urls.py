"""The account pages."""

from django.urls import path

from accounts import views

app_name = "customer"
urlpatterns = [
    path("", views.summary, name="summary"),
]
