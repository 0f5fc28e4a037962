"""URLs of an account's orders."""

from django.urls import path

from checkout.pages.orders import account_views

app_name = "account_orders"
urlpatterns = [
    path("", account_views.order_list, name="list"),
    path("<slug:number>/", account_views.order_detail, name="detail"),
]
