"""Settings of the site. Every deployment choice is an environment variable; see README, "Run it for real"."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from maintenance_site import environment as env
from maintenance_site.api_document import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from maintenance_site.console import UNFOLD as UNFOLD
from maintenance_site.log_format import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.choice("MAINSTAY_ENV", "development", {"development", "production"})
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.boolean("DEBUG", default=False)
DATA_DIR = env.data_dir()
PORT = env.integer("PORT", 8000, minimum=1, maximum=65_535)

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured(
            "SECRET_KEY is empty: set a long random text, at least 50 characters."
        )
    SECRET_KEY = env.development_secret(DATA_DIR)
if PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: at least 50 characters.")
SECRET_KEY_FALLBACKS = env.words(
    "SECRET_KEY_FALLBACKS", [], pattern=r".{20,}", expected="former values of SECRET_KEY"
)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production.")
_HOST = r"\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:]+\]"
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS",
    [] if PRODUCTION else ["*"],
    pattern=_HOST if PRODUCTION else _HOST + r"|\*",
    expected="names of hosts without scheme and port",
)
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is empty: name the hosts that this site answers to.")
SITE_URL = env.url("SITE_URL", {"https"} if PRODUCTION else {"http", "https"}).rstrip("/")
if PRODUCTION and not SITE_URL:
    raise ImproperlyConfigured(
        "SITE_URL is empty: set the public address, https://..., to which links in mails lead."
    )
SITE_URL = SITE_URL or f"http://localhost:{PORT}"
#: Whether booking feeds may be read from addresses in private networks, such as an intranet's.
BOOKING_FEEDS_PRIVATE = env.boolean("BOOKING_FEEDS_PRIVATE", default=False)
#: Whether webhooks may go to addresses in private networks, and there without encryption.
WEBHOOKS_PRIVATE = env.boolean("WEBHOOKS_PRIVATE", default=False)
CSRF_TRUSTED_ORIGINS = env.words(
    "CSRF_TRUSTED_ORIGINS",
    [SITE_URL],
    pattern=r"https?://[^/\s]+",
    expected="origins such as https://maintenance.example.org",
)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "maintenance_site.apps.ConsoleConfig",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_prometheus",
    "core",
    "accounts",
    "scheduling",
    "worklogs",
    "notifications",
    "reporting",
    "integrations",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "core.middleware.CorrelationMiddleware",
    "maintenance_site.request_spans.RequestSpanMiddleware",
    "maintenance_site.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "maintenance_site.middleware.BrowserRulesMiddleware",
    "maintenance_site.middleware.FormAddressMiddleware",
    "maintenance_site.middleware.ChunkedBodyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "maintenance_site.middleware.TextCompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.TenantMiddleware",
    "maintenance_site.middleware.ViewerZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "maintenance_site.urls"
WSGI_APPLICATION = "maintenance_site.wsgi.application"
APPEND_SLASH = True
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE_URL = env.url("DATABASE_URL", {"postgresql", "postgres"}, host_needed=False)
DATABASES = {"default": env.database(DATABASE_URL, data_dir=DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL")
CACHES = {
    "default": (
        {
            "BACKEND": "core.tolerant_cache.TolerantRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "mainstay",
            # the usual 300 would forget counted sign-ins as soon as somebody tries many addresses
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "start"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=2).total_seconds())
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SIGN_IN_ATTEMPTS = env.integer("SIGN_IN_ATTEMPTS", 10, minimum=1)
SIGN_IN_WINDOW = timedelta(minutes=15)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = ["maintenance_site.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
VENDOR_DIR = BASE_DIR / "var" / "vendor"
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", VENDOR_DIR)]
# `make run` gathers them like production; runserver and tests read them where they are.
STATIC_COLLECTED = env.boolean("STATIC_COLLECTED", default=PRODUCTION)
WHITENOISE_USE_FINDERS = not STATIC_COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_ROOT = DATA_DIR / "uploads"
S3_BUCKET = env.text("S3_BUCKET")
S3_ENDPOINT_URL = env.url("S3_ENDPOINT_URL", {"http", "https"})
S3_REGION = env.text("S3_REGION")
if (S3_ENDPOINT_URL or S3_REGION) and not S3_BUCKET:
    raise ImproperlyConfigured("S3_BUCKET is empty, but S3_ENDPOINT_URL or S3_REGION is set.")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "maintenance_site.static_files.StaticFiles"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
if S3_BUCKET:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "region_name": S3_REGION or None,
            "default_acl": "private",
        },
    }
MAX_PHOTO_BYTES = env.integer("MAX_PHOTO_BYTES", 15 * 1024 * 1024, minimum=1)
MAX_DOCUMENT_BYTES = env.integer("MAX_DOCUMENT_BYTES", 25 * 1024 * 1024, minimum=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SMTP_URL = env.url("SMTP_URL", {"smtp", "smtps", "smtp+tls"})
MAIL_DIR = DATA_DIR / "mail"
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if SMTP_URL
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = str(MAIL_DIR)
if SMTP_URL:
    globals().update(env.mail(SMTP_URL))
elif PRODUCTION:
    raise ImproperlyConfigured(
        "SMTP_URL is empty: set smtp://user:password@host:port so that people can be told."
    )
DEFAULT_FROM_EMAIL = env.sender("MAIL_FROM", "Mainstay <maintenance@localhost>")
EMAIL_TIMEOUT = 20
SMS_URL = env.sms("SMS_URL")
#: Whether messages may go to chat and push services in private networks, such as a chat server in the house.
CHANNELS_PRIVATE = env.boolean("CHANNELS_PRIVATE", default=False)
#: Signs messages to browsers; without one, and that is in production only, browsers are sent none.
VAPID_PRIVATE_KEY = env.key("VAPID_PRIVATE_KEY", length=32)
if not VAPID_PRIVATE_KEY and not PRODUCTION:
    VAPID_PRIVATE_KEY = env.development_secret(DATA_DIR, "vapid-key", length=32)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.ApiKeyAuthentication",
        "accounts.api.authentication.ConsoleSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.HasRight"],
    "DEFAULT_FILTER_BACKENDS": ["core.api.filters.RowFilter"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": [
        "core.api.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "core.api.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "core.api.parsers.MultiPartParser",
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "core.api.throttles.AnonymousThrottle",
        "core.api.throttles.UserThrottle",
        "core.api.throttles.TenantThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.rate("API_RATE_USER", "100/min"),
        "tenant": env.rate("API_RATE_TENANT", "2000/min"),
        "alerts": env.rate("API_RATE_ALERTS", "10/min"),
        "anon": env.rate("API_RATE_ANON", "30/min"),
    },
    "DEFAULT_SCHEMA_CLASS": "core.api.schema.Schema",
    "EXCEPTION_HANDLER": "core.api.exceptions.handle",
    "DATETIME_FORMAT": "iso-8601",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": env.integer("PROXIES", 0),
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=24),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
}

CELERY_BROKER_URL = env.url("CELERY_BROKER_URL", {"redis", "rediss", "amqp", "amqps"}) or REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = env.text("CELERY_QUEUE", "mainstay")
# A broker that does not answer costs a request one wait of a second: what has to be done stands in the database.
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 0}
if CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"socket_connect_timeout": 1, "socket_timeout": 1}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

#: The platform's message bus; empty: events leave by webhooks, sockets and replay only.
RABBITMQ_URL = env.url("RABBITMQ_URL", {"amqp", "amqps"})
RABBITMQ_EXCHANGE = env.text("RABBITMQ_EXCHANGE", "hospitality_platform")
#: The Redis stream that is read for incoming events, and whose an event is that names no organisation.
EVENTS_STREAM = env.text("EVENTS_STREAM", "hospitality_platform")
EVENTS_ORGANIZATION = env.text("EVENTS_ORGANIZATION")

#: Whether `/socket.io/` is served beside this site, so that pages follow what happens.
LIVE_PAGES = env.boolean("LIVE_PAGES", default=False)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.boolean("HTTPS_REDIRECT", default=True)
    # Load balancers and Prometheus ask the nodes themselves, past the proxy that ends TLS.
    SECURE_REDIRECT_EXEMPT = [r"^health(/live|/ready)?$", r"^metrics$"]
    SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOG_FORMAT = env.choice("LOG_FORMAT", "json" if PRODUCTION else "text", {"json", "text"})
LOGGING = logging_settings(
    json=LOG_FORMAT == "json",
    level=env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"}),
)
METRICS_TOKEN = env.text("METRICS_TOKEN")
OTLP_URL = env.url("OTLP_URL", {"http", "https"})
OTLP_HEADERS = env.headers("OTLP_HEADERS")
OTLP_TRACES_PERCENT = env.integer("OTLP_TRACES_PERCENT", 100, maximum=100)
OTLP_METRICS_SECONDS = env.integer("OTLP_METRICS_SECONDS", 60, minimum=1)
OTLP_QUERIES = env.boolean("OTLP_QUERIES", default=False)

DEMO_PASSWORD = env.text("DEMO_PASSWORD", "demo")
PROMETHEUS_EXPORT_MIGRATIONS = False
