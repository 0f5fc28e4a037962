"""Back in stock: ask, prove the address, end it."""

from django.urls import path

from catalog.waiting import views

app_name = "waiting"
urlpatterns = [
    path("", views.ask, name="ask"),
    path("confirm/<str:token>/", views.prove, name="prove"),
    path("end/<str:token>/", views.end, name="end"),
]
