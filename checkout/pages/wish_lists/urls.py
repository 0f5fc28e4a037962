"""The link of a shared wish list."""

from django.urls import path

from checkout.pages.wish_lists import views

app_name = "wish_lists"
urlpatterns = [path("shared/<str:key>/", views.shared, name="shared")]
