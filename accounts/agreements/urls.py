from django.urls import path

from accounts.agreements import views

app_name = "agreements"
urlpatterns = [
    path("", views.reaccept, name="reaccept"),
    path("dismiss/", views.dismiss_banner, name="dismiss"),
]
