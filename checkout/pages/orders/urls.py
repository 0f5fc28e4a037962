"""URLs of order lookup and of an order by its signed link."""

from django.urls import path

from checkout.pages.orders import views

app_name = "orders"
urlpatterns = [
    path("", views.find, name="find"),
    path("<slug:number>/<str:token>/", views.status, name="status"),
]
