"""The back-in-stock requests of an account."""

from django.urls import path

from catalog.back_in_stock import account_views

app_name = "account_back_in_stock"
urlpatterns = [
    path("", account_views.request_list, name="list"),
    path("<int:pk>/end/", account_views.request_cancel, name="cancel"),
]
