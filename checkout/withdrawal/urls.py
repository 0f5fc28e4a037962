"""Withdrawal with the order's secret link. By order number: `checkout.pages.orders`."""

from django.urls import path

from checkout.withdrawal import views

app_name = "withdrawal"
urlpatterns = [path("<slug:number>/<str:token>/withdraw/", views.withdraw, name="withdraw")]
