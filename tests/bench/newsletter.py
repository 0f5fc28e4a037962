"""A campaign of 100,000: preparation, emails per second, and an order email in between.

Prints lines of name, number, limit, unit, and ">=" where the limit is the least. Runs in a process
of its own, with the environment of the shop that it measures; the sink and the workers are others.
"""

import os
import signal
import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.mail import outbox  # noqa: E402
from accounts.newsletter.campaigns import controls, scheduler  # noqa: E402
from accounts.newsletter.campaigns.campaign_email import EmailBuilder  # noqa: E402
from accounts.newsletter.models import Campaign, Delivery, Subscriber, Topic  # noqa: E402
from accounts.newsletter.subscribers.models import SubscriberState  # noqa: E402
from accounts.users.models import User  # noqa: E402
from tests.accounts.newsletter.campaigns.mail_sink import Sink, running_sink  # noqa: E402
from tests.bench.servers import ROOT  # noqa: E402

READERS = 100_000
ROUNDS, EMAILS = 3, 1_500  # of the comparison: so many emails each way
_pause = Event()
# About the size of a real email: 4 KB of text, 16 KB of HTML.
_TEXT = (
    "Hello [[name]],\n\n" + "A ladybird of ten grams circles the lamp.\n" * 95 + "[[unsubscribe]]\n"
)
_HTML = "<p>[[name]]</p>" + "<p style='margin:0'>A ladybird of ten grams – at home.</p>\n" * 280


def _subscribe() -> Topic:
    """Create 100,000 subscribers."""
    topic, _ = Topic.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    for start in range(0, READERS, 5_000):
        people = Subscriber.objects.bulk_create(
            Subscriber(email=f"reader-{n}@bench.example", state=SubscriberState.ACTIVE)
            for n in range(start, start + 5_000)
        )
        wishes = Subscriber.topics.through
        wishes.objects.bulk_create(
            wishes(subscriber_id=one.pk, topic_id=topic.pk) for one in people
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return topic


def _launch(topic: Topic) -> Campaign:
    newest = Subscriber.objects.order_by("-pk").values_list("pk", flat=True)[0]
    now = timezone.now()
    return Campaign.objects.create(
        title="Bench", slug="bench", topic=topic, subject="Ten grams", body_text=_TEXT,
        body_html=_HTML + "<a href='[[unsubscribe]]'>x</a>",
        from_email="Shop <sales@plantraco.com>", audience_until=newest, launched_at=now,
        scheduled_at=now, state="scheduled",
    )  # fmt: skip


#: Prepares in a separate process, to measure its memory.
_PREPARE = """
import resource, sys, time, django
django.setup()
from accounts.newsletter.campaigns import controls, preparation
controls.begin(int(sys.argv[1]))
began = time.perf_counter()
preparation.prepare(int(sys.argv[1]))
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def _prepare(campaign: Campaign) -> tuple[float, float]:
    """Return the seconds and the MB (of the whole process) that preparing took."""
    done = subprocess.run([sys.executable, "-c", _PREPARE, str(campaign.pk)], cwd=ROOT, check=True,
                          capture_output=True, text=True)  # fmt: skip
    campaign.refresh_from_db()
    if campaign.total != READERS:
        raise SystemExit(f"Only {campaign.total} emails were prepared.")
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def _bare(campaign: Campaign, port: int) -> float:
    """Return the emails per second of a loop of smtplib over ready-made bytes."""
    builder = EmailBuilder(campaign)
    waiting = Delivery.objects.filter(campaign=campaign).select_related("subscriber")
    rows = waiting.order_by("-pk")[:EMAILS]
    messages = [builder.build(row).message().as_bytes(linesep="\r\n") for row in rows]
    with smtplib.SMTP("127.0.0.1", port) as server:
        began = time.perf_counter()
        for message in messages:
            server.sendmail("sales@plantraco.com", ["reader@bench.example"], message)
        return EMAILS / (time.perf_counter() - began)


def _worker() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "microflight", "worker",
               "--concurrency", "2", "--without-gossip", "--loglevel", "ERROR"]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def _wait_for(sink: Sink, count: int) -> None:
    """Wait until so many emails have arrived, and run the scheduler meanwhile, as beat does."""
    until, next_tick = time.monotonic() + 120, time.monotonic() + scheduler.TICK
    while sink.count < count:
        if time.monotonic() > until:
            raise SystemExit(f"Only {sink.count} of {count} emails arrived.")
        if time.monotonic() > next_tick:
            scheduler.run_campaigns()
            next_tick += scheduler.TICK
        _pause.wait(0.01)


def _ours(campaign: Campaign, sink: Sink) -> float:
    """Return the emails per second of the campaign, which runs; it is paused afterwards."""
    if campaign.state == "paused":
        campaign = controls.resume(campaign)
    scheduler.run_campaigns()
    _wait_for(sink, sink.count + 200)
    before, began = sink.count, time.perf_counter()
    _wait_for(sink, before + EMAILS)
    rate = (sink.count - before) / (time.perf_counter() - began)
    controls.pause(campaign)
    campaign.refresh_from_db()
    _pause.wait(2)
    return rate


def _order_email(campaign: Campaign, sink: Sink) -> float:
    """Return the longest time, in seconds, until an order email is sent while the campaign runs."""
    campaign = controls.resume(campaign)
    scheduler.run_campaigns()
    _wait_for(sink, sink.count + 200)
    longest = 0.0
    for n in range(5):
        user = User.objects.create_user(f"order-{n}@bench.example", "x")
        began = time.perf_counter()
        outbox.add("welcome", subject_id=f"user:{user.pk}", to=user.email, data={"user": user.pk})
        outbox.queue(outbox.Message.objects.get(recipient=user.email).pk, "order-confirmed")
        while user.email not in sink.readers:
            if time.perf_counter() - began > 60:
                raise SystemExit("An order email did not arrive.")
            _pause.wait(0.05)
        longest = max(longest, time.perf_counter() - began)
        _pause.wait(0.7)
    controls.cancel(campaign)
    return longest


def main() -> None:
    """Measure all of it."""
    campaign = _launch(_subscribe())
    seconds, megabytes = _prepare(campaign)
    log = Path(tempfile.mkdtemp(prefix="microflight-sink-")) / "log"
    with ExitStack() as stack:
        sink = stack.enter_context(running_sink(log))
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{sink.port}"
        worker = _worker()
        stack.callback(worker.wait)
        stack.callback(os.killpg, worker.pid, signal.SIGKILL)
        bare, ours = [], []
        for _ in range(ROUNDS):
            ours.append(_ours(campaign, sink))
            campaign.refresh_from_db()
            bare.append(_bare(campaign, sink.port))
        longest = _order_email(campaign, sink)
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    row = Delivery.objects.select_related("subscriber")[0]
    assert row.subscriber is not None
    size = len(EmailBuilder(campaign).build(row).message().as_bytes())
    rows = [
        (f"preparing {READERS:,} emails, s", seconds, 20, "<="),
        (f"preparing {READERS:,} emails, peak MB of the process", megabytes, 200, "<="),
        ("size of an email, KB", size / 1000, "", "<="),
        ("emails per second, bare smtplib loop", statistics.median(bare), "", ">="),
        ("emails per second, two workers", statistics.median(ours), 100, ">="),
        ("two workers relative to the bare loop", statistics.median(ratios), 0.5, ">="),
        ("order email during the campaign, the slowest of 5, s", longest, 5, "<="),
    ]
    for line in rows:
        print(*line, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
