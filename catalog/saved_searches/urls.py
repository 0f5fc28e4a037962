"""Save a search, confirm the email, cancel."""

from django.urls import path

from catalog.saved_searches import views

app_name = "saved_searches"
urlpatterns = [
    path("", views.save, name="save"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("end/<str:token>/", views.cancel, name="cancel"),
]
