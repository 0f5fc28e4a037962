"""URLs of order lookup and of an order by its secret link."""

from django.urls import path

from checkout.pages.orders import views, withdrawal_views

app_name = "orders"
urlpatterns = [
    path("", views.find, name="find"),
    path("withdraw/", withdrawal_views.withdraw, name="withdraw"),
    path("<slug:number>/<str:token>/", views.status, name="status"),
]
