"""An account's own orders."""

from django.urls import path

from checkout.order import account_views

app_name = "account_orders"
urlpatterns = [
    path("", account_views.order_list, name="list"),
    path("<slug:number>/", account_views.order_detail, name="detail"),
]
