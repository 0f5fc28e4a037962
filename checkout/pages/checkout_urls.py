"""URLs of the checkout, from the cart to the thank-you page."""

from django.urls import path
from django.views.generic import RedirectView

from checkout.pages.checkout import views
from checkout.pages.payment import views as payment

app_name = "checkout"
urlpatterns = [
    path("", views.index, name="index"),
    path("contact/", views.contact, name="contact"),
    path("shipping/", views.shipping, name="shipping"),
    path("delivery/", RedirectView.as_view(pattern_name="checkout:shipping", permanent=True)),
    path("payment/", views.payment, name="payment"),
    path("leave/", views.leave, name="leave"),
    path("quote/", views.quote, name="quote"),
    path("pay/", payment.pay_cart, name="pay"),
    path("thank-you/", payment.thank_you, name="thank-you"),
    path("retry/<slug:number>/<str:token>/", payment.retry, name="retry"),
    path("change/<slug:number>/<str:token>/", payment.change_order, name="change"),
]
