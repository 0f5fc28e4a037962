"""The demo mailbox; included only with DEMO=1."""

from django.urls import path

from microflight import demo_mailbox

app_name = "mailbox"
urlpatterns = [
    path("", demo_mailbox.index, name="index"),
    path("<str:key>/", demo_mailbox.email, name="email"),
    path("<str:key>/body/", demo_mailbox.body, name="body"),
]
