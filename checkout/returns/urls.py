"""Cancelling an order and requesting a return, with the order's secret link."""

from django.urls import path
from django.views.generic import RedirectView

from checkout.returns import views

app_name = "returns"
_RETURN = "<slug:number>/<str:token>/returns/<int:nth>/"

urlpatterns = [
    path("<slug:number>/<str:token>/cancel/", views.cancel_order, name="cancel-order"),
    path("<slug:number>/<str:token>/return/", views.request_return, name="request"),
    path(_RETURN, views.detail, name="detail"),
    path(f"{_RETURN}cancel/", views.cancel_request, name="cancel-request"),
    path(f"{_RETURN}photos/<uuid:key>/", views.photo, name="photo"),
    # the paths before version 1.0
    path(
        f"{_RETURN}withdraw/",
        RedirectView.as_view(pattern_name="returns:cancel-request", permanent=True),
    ),
    path(
        f"{_RETURN}pictures/<uuid:key>/",
        RedirectView.as_view(pattern_name="returns:photo", permanent=True),
    ),
]
