"""Agreeing anew, and putting the banner away."""

from django.urls import path

from accounts.agreements import views

app_name = "agreements"
urlpatterns = [
    path("", views.again, name="again"),
    path("seen/", views.seen, name="seen"),
]
