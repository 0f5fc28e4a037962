"""Settings of gunicorn, from the environment."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "microflight.web_worker.WebWorker"
threads = int(os.environ.get("WEB_THREADS", "12"))
timeout = 60  # seconds; longer than STRIPE_DEADLINE, so requests always get a response
graceful_timeout = 30
keepalive = 0  # the proxy in front keeps connections to browsers
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 (heartbeats only)
logger_class = "microflight.web_worker.Logger"
# Neither IP addresses, queries nor referrers: logs contain no personal data.
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)ss'
accesslog = "-" if os.environ.get("ACCESS_LOG") == "1" else None
