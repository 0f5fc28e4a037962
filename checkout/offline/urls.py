"""URLs of order forms."""

from django.urls import path

from checkout.offline import views

app_name = "offline"
urlpatterns = [
    path("", views.new, name="new"),
    path("<slug:number>/<str:secret>/", views.order_form, name="order-form"),
    path("<slug:number>/<str:secret>/pdf/", views.pdf, name="pdf"),
]
