"""The link of a delay notice."""

from django.urls import path

from checkout.deadlines import views

app_name = "deadlines"
urlpatterns = [path("<slug:secret>/", views.reply, name="reply")]
