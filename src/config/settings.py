"""Django settings, read from the environment; every name is documented in docs/howto/run-it.md."""

import os
from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import database, secret, signin

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "encours"
ENCOURS_HOME = database.home()
ENCOURS_HOME.mkdir(parents=True, exist_ok=True)

DEBUG = os.environ.get("ENCOURS_DEBUG") == "1"
SECRET_KEY = secret.signing_key(ENCOURS_HOME)
ALLOWED_HOSTS = os.environ.get("ENCOURS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ENCOURS_ORIGINS", "").split(",") if origin]
BASE_ADDRESS = os.environ.get("ENCOURS_ADDRESS", "http://localhost:8000")

DATABASE_ADDRESS = os.environ.get("DATABASE_URL") or database.start_embedded_server(ENCOURS_HOME)
AS_OWNER = os.environ.get("ENCOURS_AS_OWNER") == "1"
DATABASES = {"default": database.django_database(DATABASE_ADDRESS, as_owner=AS_OWNER)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = [
    "encours.core",
    "encours.access",
    "encours.customers",
    "encours.ledger",
    "encours.messaging",
    "encours.team",
    "encours.portal",
    "encours.invoices",
    "encours.payments",
    "encours.disputes",
    "encours.plans",
    "encours.credit",
    "encours.penalties",
    "encours.matching",
    "encours.collections",
    "encours.recovery",
    "encours.mailings",
    "encours.privacy",
    "encours.analytics",
    "encours.imports",
    "encours.conversation",
]
INSTALLED_APPS = [
    *[room for room in ROOMS if (PACKAGE / room.removeprefix("encours.") / "apps.py").exists()],
    "encours.entrypoints.desk",
    "encours.entrypoints.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "procrastinate.contrib.django",
    *signin.directory_apps(os.environ),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "encours.entrypoints.signin.DirectoryPages",
    "encours.entrypoints.middleware.OrganisationMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "entrypoints" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "encours.entrypoints.desk.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "encours.entrypoints.templatetags.ui",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (PACKAGE / "locale").glob("*") if path.is_dir())
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

NODE_MODULES = ROOT / "node_modules"
STATIC_URL = "static/"
STATICFILES_FINDERS = [
    "encours.entrypoints.vendor.PackageFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "style-src-attr": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "object-src": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
IS_HTTPS = BASE_ADDRESS.startswith("https://")
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if IS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000

# which room reacts to what another one tells
WIRING = "encours.entrypoints.jobs.wiring"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["encours.access.session_actions.People"]
SESSION_ENGINE = "encours.access.session_actions"
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "encours.entrypoints.desk.signin.ClosedSignUp"
ACCOUNT_LOGIN_TIMEOUT = 900
ACCOUNT_RATE_LIMITS = signin.RATE_LIMITS
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = None
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("ENCOURS_TRUSTED_PROXIES", "0"))
SESSION_COOKIE_AGE = int(os.environ.get("ENCOURS_SESSION_SECONDS", str(14 * 24 * 3600)))
SOCIALACCOUNT_ADAPTER = "encours.entrypoints.signin.InvitedOnly"
SOCIALACCOUNT_PROVIDERS = signin.directories(os.environ)
DIRECTORY_FORM_TARGETS = signin.form_targets(os.environ)
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
MFA_ADAPTER = "encours.entrypoints.signin.EncryptedFactors"
MFA_TOTP_ISSUER = "Encours"
# Addresses come from an administrator's invitation, so they need no proof by mail.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# files dropped into INBOX_FOLDER/<organisation> are imported by themselves
# a clamd at "host:port" or at a socket's path: once named, no attachment is handed out before it said "OK"
ATTACHMENT_SCANNER = os.environ.get("ENCOURS_CLAMD", "")
# an endpoint that speaks the OpenAI chat protocol may draft answers; without one everything works
DRAFTING_ADDRESS = os.environ.get("ENCOURS_DRAFTS_URL", "")
DRAFTING_MODEL = os.environ.get("ENCOURS_DRAFTS_MODEL", "")
DRAFTING_KEY = os.environ.get("ENCOURS_DRAFTS_KEY", "")
INBOX_FOLDER = Path(os.environ.get("ENCOURS_INBOX") or ENCOURS_HOME / "inbox")
UPLOAD_SIZE_MAX_BYTES = int(os.environ.get("ENCOURS_UPLOAD_MAX_BYTES", str(2 * 1024**3)))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ENCOURS_LOG", "WARNING")},
}

JOBS = PACKAGE / "entrypoints" / "jobs"
PROCRASTINATE_IMPORT_PATHS = [
    f"encours.entrypoints.jobs.{path.stem}" for path in sorted(JOBS.glob("*.py")) if path.stem != "__init__"
]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
