"""Back in stock: subscribe, confirm the email, cancel."""

from django.urls import path

from catalog.back_in_stock import views

app_name = "back_in_stock"
urlpatterns = [
    path("", views.subscribe, name="subscribe"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("end/<str:token>/", views.cancel, name="cancel"),
]
