"""URLs of quick order."""

from django.urls import path

from checkout.pages.quick_order import views

app_name = "quick-order"
urlpatterns = [
    path("", views.index, name="index"),
    path("add/", views.add, name="add"),
]
