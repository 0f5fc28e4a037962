"""An order seen by signed link."""

from django.urls import path

from checkout.order import views

app_name = "orders"
urlpatterns = [
    path("", views.find, name="find"),
    path("<slug:number>/<str:token>/", views.status, name="status"),
]
