"""The saved searches of an account."""

from django.urls import path

from catalog.saved_searches import views

app_name = "account_saved_searches"
urlpatterns = [
    path("", views.account_list, name="list"),
    path("<row:pk>/end/", views.account_cancel, name="cancel"),
]
