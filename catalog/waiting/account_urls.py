"""What an account waits for."""

from django.urls import path

from catalog.waiting import account_views

app_name = "account_waiting"
urlpatterns = [
    path("", account_views.asking_list, name="list"),
    path("<int:pk>/end/", account_views.asking_end, name="end"),
]
