"""URLs of the cart."""

from django.urls import path

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from checkout.pages.cart import views

app_name = "basket"
urlpatterns = [
    path("", views.summary, name="summary"),
    path("add/<row:pk>/", views.add, name="add"),
    path("destination/", views.destination, name="destination"),
    path("update/", views.update, name="update"),
    path("remove/<row:pk>/", views.remove, name="remove"),
    path("save/<row:pk>/", views.save, name="save"),
    path("split/", views.split, name="split"),
    path("restore/<row:pk>/", views.restore, name="restore"),
    path("remove-saved/<row:pk>/", views.remove_saved, name="remove-saved"),
    path("vouchers/add/", views.voucher_add, name="voucher-add"),
    path("vouchers/remove/<row:pk>/", views.voucher_remove, name="voucher-remove"),
]
