"""URLs of order lookup and of an order by its signed link."""

from django.urls import path

from checkout.pages import order_views

app_name = "orders"
urlpatterns = [
    path("", order_views.find, name="find"),
    path("<slug:number>/<str:token>/", order_views.status, name="status"),
]
