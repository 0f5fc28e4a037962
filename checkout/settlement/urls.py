"""The webhook for Stripe."""

from django.urls import path

from checkout.settlement import views

app_name = "payment"
urlpatterns = [path("webhook/", views.webhook, name="webhook")]
