"""Account pages. Login, password and email address pages are allauth's, under the same prefix."""

from django.urls import path

from accounts import views
from accounts.newsletter.subscribers.views import account_page

app_name = "customer"
urlpatterns = [
    path("", views.summary, name="summary"),
    path("profile/", views.profile, name="profile"),
    path("newsletter/", account_page, name="newsletter"),
    path("addresses/", views.address_list, name="address-list"),
    path("addresses/add/", views.address_edit, name="address-add"),
    path("addresses/check/", views.address_check, name="address-check"),
    path("addresses/<int:pk>/", views.address_edit, name="address-edit"),
    path("addresses/<int:pk>/remove/", views.address_delete, name="address-delete"),
    path("addresses/<int:pk>/default/", views.address_default, name="address-default"),
]
