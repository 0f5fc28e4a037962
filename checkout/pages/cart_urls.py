"""URLs of the cart."""

from django.urls import path

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from checkout.pages import cart_views

app_name = "basket"
urlpatterns = [
    path("", cart_views.summary, name="summary"),
    path("add/<row:pk>/", cart_views.add, name="add"),
    path("update/", cart_views.update, name="update"),
    path("remove/<row:pk>/", cart_views.remove, name="remove"),
    path("save/<row:pk>/", cart_views.save, name="save"),
    path("restore/<row:pk>/", cart_views.restore, name="restore"),
    path("forget/<row:pk>/", cart_views.forget, name="forget"),
    path("vouchers/add/", cart_views.voucher_add, name="voucher-add"),
    path("vouchers/remove/<row:pk>/", cart_views.voucher_remove, name="voucher-remove"),
]
