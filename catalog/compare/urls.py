"""The product comparison."""

from django.urls import path

from catalog.compare import views

app_name = "compare"
urlpatterns = [
    path("", views.show, name="list"),
    path("add/", views.add, name="add"),
    path("remove/", views.remove, name="remove"),
]
