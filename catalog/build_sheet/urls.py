"""The build sheet."""

from django.urls import path

from catalog.build_sheet import views

app_name = "build-sheet"
urlpatterns = [path("", views.index, name="index")]
