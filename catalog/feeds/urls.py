"""Sitemaps and feeds, at the root of the site."""

from django.urls import path

from catalog.feeds import views

urlpatterns = [
    path("sitemap.xml", views.sitemap_index, name="sitemap-xml"),
    path("sitemap-<slug:section>.xml", views.sitemap_section, name="sitemap-section"),
    path("feeds/new-arrivals.atom", views.new_arrivals, name="new-arrivals-feed"),
    path("feeds/sale.atom", views.sale, name="sale-feed"),
    path("feeds/products.xml", views.products, name="product-feed"),
]
