"""Settings of the MicroFlight shop: one file, read from the environment only.

`.env.example` lists every variable. Without DEMO=1 the shop runs as in production, where it
does not start without its secrets, and names the missing one.
"""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import oscar
from django.core.exceptions import ImproperlyConfigured
from oscar.defaults import *  # noqa: F403 (Oscar reads its defaults from here)

from microflight.core import environment as env
from microflight.core.email_url import parse_email_url
from microflight.oscar_forks import our_version_of

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# --- Mode ---------------------------------------------------------------------------------------
DEMO = env.flag("DEMO")  # `make demo`: the shop on one machine
DEBUG = env.flag("DEBUG")


def _needed(name: str, demo_default: str) -> str:
    """A variable that production must set and the demo may leave out."""
    return env.text(name, demo_default if DEMO else None)


SECRET_KEY = _needed("SECRET_KEY", "demo-only-and-only-reachable-from-this-machine")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
SITE_URL = _needed("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", _site.hostname or "")
if DEMO and not {*ALLOWED_HOSTS} <= {"127.0.0.1", "localhost", "[::1]", "testserver"}:
    raise ImproperlyConfigured("DEMO=1 shows every email to everyone: only for 127.0.0.1.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Apps ---------------------------------------------------------------------------------------
OUR_APPS = [
    "microflight.apps.MicroFlightConfig",
    "microflight.saved_views",
    "microflight.customers",
    "microflight.imports",
    "accounts.users",
    "accounts.staff",
    "accounts.mail",
    "accounts.agreements",
    "accounts.newsletter",
    "accounts.tickets",
    "policies",
    "policies.opening",
    "catalog.away",
    "catalog.back_in_stock",
    "catalog.compatibility",
    "catalog.external_offers",
    "catalog.manuals",
    "catalog.redirects",
    "catalog.home_blocks",
    "catalog.content",
    "catalog.kits",
    "catalog.saved_searches",
    "catalog.search_index",
    "checkout.tax",
    "checkout.settlement",
    "checkout.fulfilment",
    "checkout.refunds",
    "checkout.documents",
    "checkout.returns",
    "checkout.offline",
    "checkout.order_edits",
    "checkout.withdrawal",
    "checkout.deadlines",
    "checkout.audit",
    "checkout.tax_reports",
    "checkout.promotions",
]
INSTALLED_APPS = [
    *OUR_APPS,
    "whitenoise.runserver_nostatic",
    *our_version_of(oscar.INSTALLED_APPS),
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "hijack",
    "anymail",
    "simple_history",
]
SITE_ID = 1
ROOT_URLCONF = "microflight.urls"
WSGI_APPLICATION = "microflight.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "users.User"
# Forks that change no model run Oscar's own migrations; the others extend them, see oscar_forks.py.
MIGRATION_MODULES = {
    "customer": "oscar.apps.customer.migrations",
}

MIDDLEWARE = [
    "microflight.core.security_headers.SecurityHeadersMiddleware",
    "microflight.health.HealthMiddleware",
    "microflight.core.body_limits.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",  # who changed a record
    "microflight.core.card_numbers.CardNumberMiddleware",
    "microflight.customers.read_only_login.ReadOnlyLoginMiddleware",
    "accounts.middleware.PrivatePagesMiddleware",
    "accounts.middleware.StaffSecondFactorMiddleware",
    "accounts.agreements.reacceptance.ReacceptanceMiddleware",
    "checkout.pages.basket_middleware.BasketMiddleware",
    # inside the middleware that visitor fragments need, all of which is lazy
    "microflight.core.page_cache.PageCacheMiddleware",
    "catalog.redirects.middleware.RedirectMiddleware",
    "checkout.payment.stripe_limits.StripeLimitsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "microflight.core.context_processors.shop",
            ],
        },
    }
]
FORM_RENDERER = "microflight.core.forms.FormRenderer"

# --- Data ---------------------------------------------------------------------------------------
DATABASE_URL = _needed("DATABASE_URL", f"sqlite:///{VAR_DIR}/shop.sqlite3")
# Check a persistent connection before use: the database may have restarted.
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers queue at BEGIN instead of failing at their first write.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
# Reports read from a replica, see microflight/reports/replica.py; nothing is written there.
if REPLICA_DATABASE_URL := env.text("REPLICA_DATABASE_URL", ""):
    DATABASES["replica"] = dj_database_url.parse(
        REPLICA_DATABASE_URL, conn_max_age=60, conn_health_checks=True
    )
    if "postgresql" in DATABASES["replica"]["ENGINE"]:
        DATABASES["replica"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)  # seconds
    DATABASE_ROUTERS = ["microflight.reports.replica.ReplicaRouter"]
for _database in DATABASES.values():
    if "postgresql" in _database["ENGINE"]:  # compiling a query takes longer than it saves
        _database.setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

REDIS_URL = _needed("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "microflight.core.fault_tolerant_cache.FaultTolerantRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "shop",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},  # seconds
    }
}
PAGE_CACHE_SECONDS = env.number("PAGE_CACHE_SECONDS", 60)  # 0: every page is rendered
VISITOR_FRAGMENT_RENDERER = "microflight.visitor.fill_in"
PAGE_FRAME = "microflight.page_frame.get_page_frame"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
MEDIA_URL = "/media/"
# Smaller versions of images, on this server's disk; needs no backup.
RENDITIONS_ROOT = Path(env.text("RENDITIONS_ROOT", str(VAR_DIR / "renditions")))
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "microflight.bundle.BundleFinder",  # css/site.css and css/admin.css
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "microflight.static_finder.UsedAppsFinder",
]
PRIVATE_ROOT = Path(env.text("PRIVATE_ROOT", str(VAR_DIR / "private")))  # photos of returns
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {  # has no URL; views serve its files
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Jobs ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below removes secrets
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "America/Regina"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A job whose worker died goes to another worker after this many seconds.
    "visibility_timeout": env.number("CELERY_VISIBILITY_TIMEOUT", 300, least=1),
    "unacked_restore_throttle": 1,
    # Queueing a job while the broker is down takes a second at most; workers reconnect by
    # themselves.
    "max_retries": 0,
    "interval_start": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
}
CELERY_TASK_DEFAULT_PRIORITY = 5  # order emails have 0, which is taken first

# --- Email --------------------------------------------------------------------------------------
DEMO_EMAIL_FOLDER = VAR_DIR / "mail"  # the emails of the demo
_email = parse_email_url(_needed("EMAIL_URL", f"file://{DEMO_EMAIL_FOLDER}"))
globals().update(_email)
EMAIL_TIMEOUT = 20
# A provider's webhook needs its secret; see docs/operations.md.
ANYMAIL = {
    **_email.get("ANYMAIL", {}),
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
    "WEBHOOK_SECRET": env.words("EMAIL_WEBHOOK_SECRET"),  # name:password, of HTTP basic auth
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.text("MAILGUN_SIGNING_KEY", ""),
}
BOUNCE_MAILBOX_URL = env.text("BOUNCE_MAILBOX_URL", "")  # imaps://; empty: none
DEFAULT_FROM_EMAIL = "MicroFlight <sales@plantraco.com>"
SERVER_EMAIL = "service@plantraco.com"
STAFF_EMAILS = env.words("STAFF_EMAILS", "sales@plantraco.com")  # notified of new orders
NEWSLETTER_CHECK_LINKS = env.flag("NEWSLETTER_CHECK_LINKS")  # HEAD requests to other sites

# --- Campaigns: limits for all workers together, see docs/operations.md --------------------
NEWSLETTER_RATE = env.number("NEWSLETTER_RATE", 0)  # emails per second; 0: no limit
NEWSLETTER_WINDOW_EMAILS = env.number("NEWSLETTER_WINDOW_EMAILS", 0)  # per window; 0: no limit
NEWSLETTER_WINDOW_SECONDS = env.number("NEWSLETTER_WINDOW_SECONDS", 3600, least=1)
# Workers on one campaign at a time.
NEWSLETTER_WORKERS = env.number("NEWSLETTER_WORKERS", 2, least=1)
NEWSLETTER_STOP_AFTER = env.number("NEWSLETTER_STOP_AFTER", 100)  # the latest emails that count
# Percent of failures that stops it.
NEWSLETTER_STOP_SHARE = env.number("NEWSLETTER_STOP_SHARE", 20, most=100)

# --- Stripe -------------------------------------------------------------------------------------
STRIPE_SECRET_KEY = _needed("STRIPE_SECRET_KEY", "sk_test_demo")
STRIPE_PUBLISHABLE_KEY = _needed("STRIPE_PUBLISHABLE_KEY", "pk_test_demo")
STRIPE_WEBHOOK_SECRET = _needed("STRIPE_WEBHOOK_SECRET", "whsec_demo")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_JS_URL = env.text("STRIPE_JS_URL", "https://js.stripe.com/endive/stripe.js")
STRIPE_WALLETS = env.flag("STRIPE_WALLETS")  # Apple Pay, Google Pay and Link in the card field
STRIPE_TIMEOUT = env.number("STRIPE_TIMEOUT", 20, least=1)  # seconds; the library's default is 80
# For all calls of one web request.
STRIPE_DEADLINE = env.number("STRIPE_DEADLINE", 12, least=1)
# Requests of one web process that pay at once; the other threads are for visitors.
_threads = env.number("WEB_THREADS", 12, least=1)
STRIPE_SLOTS = env.number("STRIPE_SLOTS", max(1, _threads * 2 // 3), least=1)
STRIPE_LOCK_TIMEOUT = env.number("STRIPE_LOCK_TIMEOUT", 6, least=1)  # an order is locked

# --- Accounts -----------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation." + name}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "customer:summary"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False  # mail scanners open links
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_CHANGE_EMAIL = True  # one email address each; a new one counts once verified
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# By account and network (`accounts/adapter.py`), so that a stranger cannot lock an owner out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip"}
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.EmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "signup": "accounts.forms.SignUpForm",
}
STAFF_SECOND_FACTOR = not DEMO  # demo staff are exempt: their password is public
HIJACK_PERMISSION_CHECK = "microflight.customers.read_only_login.may_log_in_as"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "MicroFlight"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateCodeForm",
}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme

# --- Security -----------------------------------------------------------------------------------
_https = _site.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OSCAR_BASKET_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # forms contain the CSRF token
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _https
# How many proxies of ours are in front; `core/limits.py` reads the visitor's address from them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("BEHIND_PROXY", 0, most=9)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "microflight.pages.csrf_failure"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # the admin's product form has many
# Bytes of a request's body, by path; deploy/nginx.conf repeats them. Others: 2.5 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
LARGE_BODIES = {
    r"/admin/": 32 * 1024 * 1024,  # images and lists of subscribers
    r"/orders/[\w-]+/[\w-]+/return/": 50 * 1024 * 1024,  # photos
}

# --- Language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en-ca"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "microflight" / "locale"]  # `make messages` writes the catalogues
FORMAT_MODULE_PATH = ["microflight.formats"]  # dates of the admin
USE_TZ = True
TIME_ZONE = "America/Regina"  # the shop's day: UTC-6 the whole year

# --- Oscar --------------------------------------------------------------------------------------
OSCAR_SHOP_NAME = "MicroFlight"
OSCAR_DEFAULT_CURRENCY = "CAD"
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_EAGER_ALERTS = False  # it would send email inside the transaction
OSCAR_FROM_EMAIL = DEFAULT_FROM_EMAIL
OSCAR_BASKET_COOKIE_OPEN = "basket"
OSCAR_BASKET_COOKIE_LIFETIME = 60 * 60 * 24 * 30
OSCAR_MAX_BASKET_QUANTITY_THRESHOLD = 500  # items in one cart
OSCAR_SLUG_ALLOW_UNICODE = False
PHONENUMBER_DB_FORMAT = "RFC3966"  # the default drops extensions
OSCAR_DELETE_IMAGE_FILES = False  # Oscar would use sorl, which is not installed
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}

# --- The shop -----------------------------------------------------------------------------------
# Unpaid orders reserve stock this long once a card was tried, and less before.
NO_CARD_WINDOW_MINUTES = env.number("NO_CARD_WINDOW_MINUTES", 10, least=1)
PAYMENT_WINDOW_MINUTES = env.number("PAYMENT_WINDOW_MINUTES", 30, least=1)
#: The most unpaid orders at a time, and units that they reserve, per visitor, IP and network.
UNPAID_LIMITS = {"visitor": (3, 500), "ip": (5, 750), "network": (20, 2000)}
# How many days a card authorization lasts if Stripe's `capture_before` does not say. Orders that
# cannot ship by then, less the margin, are charged at checkout with the shopper's agreement.
# The margin is DISPATCH_DAYS over a weekend. See docs/decisions/014-early-charge.md.
CARD_AUTHORIZATION_DAYS = env.number("CARD_AUTHORIZATION_DAYS", 7, least=1, most=90)
CARD_AUTHORIZATION_MARGIN_DAYS = env.number("CARD_AUTHORIZATION_MARGIN_DAYS", 4, most=90)
# Not from the environment: to change it, publish a new version of the returns policy.
RETURN_WINDOW_DAYS = 30  # whole days after the day of shipment
# Stated in the shipping policy and not enforced; the numbers are invented.
DAMAGE_REPORT_DAYS = 14  # to report damage
ORDER_FORM_DAYS = 30  # that the prices of a printed order form are valid
DISPATCH_DAYS = 2  # working days until an order in stock usually ships
# Days in which staff see on the start page what may miss its promised day: orders to ship (working
# days), and orders on backorder and refunds of delayed orders (days).
SHIP_WARNING_DAYS = env.number("SHIP_WARNING_DAYS", 1, most=30)
DELAY_WARNING_DAYS = env.number("DELAY_WARNING_DAYS", 7, most=90)
# Versions of products, prices and categories are deleted after this many days.
HISTORY_DAYS = env.number("HISTORY_DAYS", 730, least=30)
# Restocking fee, for changes of mind only.
RETURN_FEE_PERCENT = env.number("RETURN_FEE_PERCENT", 0, most=100)

# --- Logging: to the console, without personal data -----------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "microflight.core.log_formatters.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
