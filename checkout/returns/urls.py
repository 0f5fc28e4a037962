"""Cancelling an order and sending things back, by the order's signed link."""

from django.urls import path

from checkout.returns import views

app_name = "returns"
_RETURN = "<slug:number>/<str:token>/returns/<int:nth>/"

urlpatterns = [
    path("<slug:number>/<str:token>/cancel/", views.cancel, name="cancel"),
    path("<slug:number>/<str:token>/return/", views.ask, name="ask"),
    path(_RETURN, views.page, name="page"),
    path(f"{_RETURN}withdraw/", views.withdraw, name="withdraw"),
    path(f"{_RETURN}pictures/<uuid:key>/", views.picture, name="picture"),
]
