"""URLs of the project's own pages: contact, site map, health check, styleguide."""

from django.conf import settings
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from microflight import health, pages, styleguide

# Old URLs that others may still link to.
MOVED = {
    "customer-service/privacy-and-security.html": "/policies/privacy/",
    "customer-service/shipping-information.html": "/policies/shipping/",
    "customer-service/payment-methods.html": "/policies/payment/",
    "customer-service/terms-of-sale.html": "/policies/terms/",
    "customer-service/returns.html": "/policies/returns/",
    "customer-service/orders-and-returns.html": "/orders/",
    "customer-service/contact-us.html": "/contact/",
    "customer-service.html": "/contact/",
    "customer-service/": "/contact/",
}


class Favicon(RedirectView):
    """Redirects to the icon, for browsers that do not read the page."""

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        """Return the icon's URL, which contains a hash in production."""
        return static("icons/favicon-48.png")


urlpatterns: list[URLPattern | URLResolver] = [
    path("contact/", pages.contact, name="contact"),
    path("site-map/", pages.site_map, name="site-map"),
    path("robots.txt", pages.robots, name="robots"),
    path(".well-known/security.txt", pages.security_txt, name="security-txt"),
    path("favicon.ico", Favicon.as_view(), name="favicon"),
    path("health/", health.health, name="health"),
    *(path(old, RedirectView.as_view(url=new, permanent=True)) for old, new in MOVED.items()),
]
if settings.DEBUG or settings.DEMO:  # in production the web server serves images
    urlpatterns += [
        path("media/<path:path>", pages.media, name="media"),
        path("styleguide/", styleguide.page, name="styleguide"),
        path("styleguide/errors/<int:status>/", styleguide.error, name="styleguide-error"),
    ]
if settings.DEMO:
    urlpatterns.append(path("demo/mailbox/", include("microflight.demo_mailbox_urls")))
