"""The links of external offers."""

from django.urls import path

from catalog.external_offers import views

app_name = "external_offers"
urlpatterns = [path("<row:pk>/", views.follow, name="follow")]
