"""The demo's letter box; included only where DEMO=1."""

from django.urls import path

from microflight import demo_mailbox

app_name = "mailbox"
urlpatterns = [
    path("", demo_mailbox.index, name="index"),
    path("<str:key>/", demo_mailbox.letter, name="letter"),
    path("<str:key>/body/", demo_mailbox.body, name="body"),
]
