"""From the cart to thank-you."""

from django.urls import path

from checkout import paying, views

app_name = "checkout"
urlpatterns = [
    path("", views.index, name="index"),
    path("contact/", views.contact, name="contact"),
    path("delivery/", views.delivery, name="delivery"),
    path("payment/", views.payment, name="payment"),
    path("quote/", views.quote, name="quote"),
    path("pay/", paying.pay_cart, name="pay"),
    path("thank-you/", paying.thank_you, name="thank-you"),
    path("retry/<slug:number>/<str:token>/", paying.retry, name="retry"),
    path("change/<slug:number>/<str:token>/", paying.change_order, name="change"),
]
