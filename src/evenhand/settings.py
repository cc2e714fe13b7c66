"""Settings of Django and of Evenhand; each comes from the environment and says what it means.

EVENHAND_HOME               folder of everything this installation keeps; ./var unless set
EVENHAND_CACHE              folder of compiled patterns, which several installations may share;
                            EVENHAND_HOME/cache unless set
DATABASE_URL                a PostgreSQL of the operator's (role `evenhand_app`); unset: embedded
EVENHAND_OWNER_DATABASE_URL the same database as the role that owns the schema (only to migrate)
EVENHAND_FORGET_DATABASE_URL the same database as the role that may forget (only to forget)
EVENHAND_PUBLIC_URL         address under which people reach the desk; links are made from it;
                            unset: the one that `serve` said when it last started here
EVENHAND_PROXIES            how many proxies of yours stand before the desk; 0 unless set
EVENHAND_HOSTS              further host names that the desk answers to, separated by commas
EVENHAND_LOG_SECONDS        seconds between batches of the public log, by the clock; 3600 unless set
EVENHAND_LOG_ORIGIN         what the log is called, for good; the public host with /log unless set
EVENHAND_LOG_WITNESSES      file with witnesses of the log (C2SP tlog-witness), one a line: key and
                            https:// address; unset: none is asked
EVENHAND_MARKET             ISO 3166-1 country of accounts that cannot be placed; ZZ unless set
EVENHAND_PLACES             CSV file of phone prefixes and networks; the shipped one unless set
EVENHAND_HELP_LINES         CSV file of help lines that the search shows; the shipped one unless set
EVENHAND_MESSENGER          `synapse` or `memory`
EVENHAND_MESSENGER_FILE     where the memory messenger keeps its state; in memory unless set
EVENHAND_SYNAPSE_URL        address of Synapse's admin API
EVENHAND_SYNAPSE_TOKEN_FILE file that holds the access token of the safety account
EVENHAND_DOOR_TOKEN_FILE    file that holds the token which Synapse shows at the door
EVENHAND_BOT_TOKEN_FILE     file with the token of the desk's own account; unset: it has none
EVENHAND_COLLECTOR_TOKEN_FILE file with an administrator's token that only the collector reads
EVENHAND_SEARCH_TOKEN_FILE  file with the token of an account without rights, by which the search
                            reads what is public; unset: there is no search
EVENHAND_SEARCH_URL         address of the searcher; http://127.0.0.1:8603 unless set
EVENHAND_PAGER_URLS         file with the channels that reach who is on duty (apprise), one a line
EVENHAND_FEED_CREDENTIALS   YAML file: `username` and `password` below the name of each hash feed
EVENHAND_CYBERTIP_URL       address of NCMEC's CyberTipline; its sandbox unless set
EVENHAND_CYBERTIP_CREDENTIALS file with the username on its first line, the password on its second;
                            unset: confirmed reports wait
EVENHAND_MAIL_FROM          address from which the desk writes; desk@ the public host unless set
EVENHAND_MAIL_SERVER        host:port of the operator's mail server; unset: mail stays in
                            EVENHAND_HOME/mail/out for somebody else to send
EVENHAND_TRANSLATION_URL    an engine that you run (LibreTranslate's protocol): what was opened is
                            sent there when a reviewer asks; unset: no translations
EVENHAND_TRANSLATION_KEY_FILE file with the key that it asks for, if it asks for one
EVENHAND_SECOND_STAGE_URL   a language model that you run or hire (OpenAI's protocol, up to and with
                            /v1): shown texts, without names, that rules sent to people; unset: none
EVENHAND_SECOND_STAGE_MODEL the model's name there
EVENHAND_SECOND_STAGE_KEY_FILE file with the key that it asks for, if it asks for one
EVENHAND_SECOND_STAGE_PER_DAY how many texts it is sent a day; 1000 unless set
EVENHAND_OIDC_ISSUER        your OpenID Connect provider, by which staff may sign in; unset: none
EVENHAND_OIDC_CLIENT_ID     as whom the desk is registered there
EVENHAND_OIDC_CLIENT_SECRET_FILE file with the secret that belongs to it
EVENHAND_OIDC_NAME          what your staff call the provider; "single sign-on" unless set
EVENHAND_REPORT_WORK_BITS   bits of proof of work for the public report form, 1 to 30; 18 unless
                            set: about a second in a browser
EVENHAND_DSA_URL            address of the DSA Transparency Database, sandbox or production, as it
                            was given to you; unset: entries wait; `off`: a micro or small
                            enterprise, which submits nothing (DSA Art. 19)
EVENHAND_DSA_TOKEN_FILE     file that holds the token which belongs to it
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from evenhand.base.errors import Misconfigured
from evenhand.base.limits import FORM_WITH_DOCUMENT_BYTES_MAX
from evenhand.base.lists import UNKNOWN_MARKET, Language
from evenhand.cases.limits import STAGE_PER_DAY
from evenhand.database.addresses import APP, FORGET, OWNER, django_database, role_url

EVENHAND_HOME = Path(os.environ.get("EVENHAND_HOME", "var")).absolute()
KEYS = EVENHAND_HOME / "keys"

DATABASE_URL = os.environ.get("DATABASE_URL", "")
EMBEDDED_DATABASE = not DATABASE_URL
APP_DATABASE_URL = DATABASE_URL or role_url(EVENHAND_HOME, APP)
OWNER_DATABASE_URL = os.environ.get("EVENHAND_OWNER_DATABASE_URL", "") or (
    role_url(EVENHAND_HOME, OWNER) if EMBEDDED_DATABASE else ""
)
FORGET_DATABASE_URL = os.environ.get("EVENHAND_FORGET_DATABASE_URL", "") or (
    role_url(EVENHAND_HOME, FORGET) if EMBEDDED_DATABASE else ""
)
DATABASES = {"default": django_database(APP_DATABASE_URL)}


def _public_url() -> str:
    """Gives the address as it is set, or as `serve` last answered under it."""
    kept = EVENHAND_HOME / "public_url"
    said = kept.read_text(encoding="utf-8") if kept.is_file() else "http://localhost:8600"
    url = (os.environ.get("EVENHAND_PUBLIC_URL") or said).rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise Misconfigured(setting="EVENHAND_PUBLIC_URL", value=url, why="is no https:// address")
    return url


def _whole_number(setting: str) -> int:
    """Gives a setting that counts something; 0 unless set."""
    value = os.environ.get(setting) or "0"
    if not value.isdecimal():
        raise Misconfigured(setting=setting, value=value, why="is no whole number from 0 on")
    return int(value)


def _messenger() -> str:
    """Gives which messenger the desk stands beside; its own settings must be there."""
    value = os.environ.get("EVENHAND_MESSENGER") or "memory"
    if value not in {"memory", "synapse"}:
        raise Misconfigured(
            setting="EVENHAND_MESSENGER", value=value, why="is neither synapse nor memory"
        )
    for setting in ("EVENHAND_SYNAPSE_URL", "EVENHAND_SYNAPSE_TOKEN_FILE"):
        if value == "synapse" and not os.environ.get(setting):
            raise Misconfigured(setting=setting, why="is needed beside Synapse, and is not set")
    return value


def _issuer() -> str:
    """Gives the OpenID Connect provider; what else it needs must be set too."""
    value = os.environ.get("EVENHAND_OIDC_ISSUER") or ""
    parts = urlsplit(value)
    loopback = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if value and parts.scheme != "https" and not loopback:
        raise Misconfigured(
            setting="EVENHAND_OIDC_ISSUER", value=value, why="is no https:// address"
        )
    for setting in ("EVENHAND_OIDC_CLIENT_ID", "EVENHAND_OIDC_CLIENT_SECRET_FILE"):
        if value and not os.environ.get(setting):
            raise Misconfigured(setting=setting, why="is needed beside the issuer, and is not set")
    secret = os.environ.get("EVENHAND_OIDC_CLIENT_SECRET_FILE", "")
    if value and _is_missing(Path(secret)):
        raise Misconfigured(
            setting="EVENHAND_OIDC_CLIENT_SECRET_FILE", value=secret, why="there is no such file"
        )
    return value


def _is_missing(path: Path) -> bool:
    """Tells whether a file is not there; a process that may not see it cannot tell."""
    try:
        return not path.is_file()
    except PermissionError:
        return False


def _dsa_url() -> str:
    """Gives where entries go; what goes over the net goes encrypted."""
    value = (os.environ.get("EVENHAND_DSA_URL") or "").rstrip("/")
    parts = urlsplit(value)
    loopback = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if value not in {"", "off"} and parts.scheme != "https" and not loopback:
        raise Misconfigured(
            setting="EVENHAND_DSA_URL", value=value, why="is neither an https:// address nor off"
        )
    if value not in {"", "off"} and not os.environ.get("EVENHAND_DSA_TOKEN_FILE"):
        raise Misconfigured(
            setting="EVENHAND_DSA_TOKEN_FILE", why="is needed beside the address, and is not set"
        )
    return value


PUBLIC_URL = _public_url()
PROXIES = _whole_number("EVENHAND_PROXIES")
REPORT_WORK_BITS = min(_whole_number("EVENHAND_REPORT_WORK_BITS") or 18, 30)
HOME_MARKET = os.environ.get("EVENHAND_MARKET", UNKNOWN_MARKET)
PLACES_FILE = os.environ.get("EVENHAND_PLACES", "")
HELP_LINES_FILE = os.environ.get("EVENHAND_HELP_LINES", "")

MESSENGER = _messenger()
MESSENGER_FILE = os.environ.get("EVENHAND_MESSENGER_FILE", "")
SYNAPSE_URL = os.environ.get("EVENHAND_SYNAPSE_URL", "")
SYNAPSE_TOKEN_FILE = os.environ.get("EVENHAND_SYNAPSE_TOKEN_FILE", "")
COLLECTOR_TOKEN_FILE = os.environ.get("EVENHAND_COLLECTOR_TOKEN_FILE", "")
BOT_TOKEN_FILE = os.environ.get("EVENHAND_BOT_TOKEN_FILE", "")
SEARCH_TOKEN_FILE = os.environ.get("EVENHAND_SEARCH_TOKEN_FILE", "")
SEARCH_URL = os.environ.get("EVENHAND_SEARCH_URL") or "http://127.0.0.1:8603"
PAGER_URLS_FILE = os.environ.get("EVENHAND_PAGER_URLS", "")
MAIL_FROM = os.environ.get("EVENHAND_MAIL_FROM", "") or f"desk@{urlsplit(PUBLIC_URL).hostname}"
MAIL_SERVER = os.environ.get("EVENHAND_MAIL_SERVER", "")
FEED_CREDENTIALS_FILE = os.environ.get("EVENHAND_FEED_CREDENTIALS", "")
CYBERTIP_URL = os.environ.get("EVENHAND_CYBERTIP_URL") or "https://exttest.cybertip.org/ispws"
CYBERTIP_CREDENTIALS_FILE = os.environ.get("EVENHAND_CYBERTIP_CREDENTIALS", "")
TRANSLATION_URL = os.environ.get("EVENHAND_TRANSLATION_URL", "")
TRANSLATION_KEY_FILE = os.environ.get("EVENHAND_TRANSLATION_KEY_FILE", "")
SECOND_STAGE_URL = os.environ.get("EVENHAND_SECOND_STAGE_URL", "")
SECOND_STAGE_MODEL = os.environ.get("EVENHAND_SECOND_STAGE_MODEL", "")
SECOND_STAGE_KEY_FILE = os.environ.get("EVENHAND_SECOND_STAGE_KEY_FILE", "")
SECOND_STAGE_PER_DAY = _whole_number("EVENHAND_SECOND_STAGE_PER_DAY") or STAGE_PER_DAY
OIDC_ISSUER = _issuer()
OIDC_CLIENT_ID = os.environ.get("EVENHAND_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET_FILE = os.environ.get("EVENHAND_OIDC_CLIENT_SECRET_FILE", "")
OIDC_NAME = os.environ.get("EVENHAND_OIDC_NAME", "") or "single sign-on"
DSA_URL = _dsa_url()
DSA_TOKEN_FILE = os.environ.get("EVENHAND_DSA_TOKEN_FILE", "")
DOOR_TOKEN_FILE = os.environ.get("EVENHAND_DOOR_TOKEN_FILE", str(KEYS / "door.token"))


def _secret_key() -> str:
    """Gives the key of sessions and forms: that of the installation, or a passing one before it."""
    path = KEYS / "django.key"
    return path.read_bytes().hex() if path.exists() else secrets.token_hex(32)


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [
    host
    for host in (
        urlsplit(PUBLIC_URL).hostname,
        "localhost",
        "127.0.0.1",
        "[::1]",
        *os.environ.get("EVENHAND_HOSTS", "").split(","),
    )
    if host
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "evenhand.records",
    "evenhand.transparency",
    "evenhand.people",
    "evenhand.markets",
    "evenhand.authorities",
    "evenhand.evidence",
    "evenhand.actions",
    "evenhand.statements",
    "evenhand.search",
    "evenhand.legal",
    "evenhand.cases",
    "evenhand.standing",
    "evenhand.appeals",
    "evenhand.childsafety",
    "evenhand.reports",
    "evenhand.rulebook",
    "evenhand.desk",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "evenhand.desk.headers.SecurityHeaders",
    "evenhand.desk.headers.KnownHosts",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "evenhand.desk.limits.BodyLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "evenhand.desk.languages.LanguageOfVisitor",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "evenhand.desk.sessions.ShortSessions",
    "allauth.account.middleware.AccountMiddleware",
    "evenhand.desk.problems.Problems",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "evenhand.desk.languages.page_context",
            ],
        },
    }
]
ROOT_URLCONF = "evenhand.urls"
WSGI_APPLICATION = "evenhand.wsgi.application"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["evenhand.people.passkeys.PasskeyBackend"]
LOGIN_URL = "staff_sign_in"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ADAPTER = "evenhand.people.passkeys.PasskeyAdapter"
# Browsers allow passkeys without TLS on localhost alone, so nothing else is let in by this.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = urlsplit(PUBLIC_URL).hostname == "localhost"

_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 60 * 60  # seconds: one working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _SECURE else 0
# A proxy that ends TLS says so; without one, anybody could, so then nobody is believed.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
# Not no-referrer: a form would then send `Origin: null`, which the CSRF check has to refuse.
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "evenhand.desk.problems.csrf_refused"
# `desk.limits.BodyLimit` refuses more at most doors; this is the widest of them.
DATA_UPLOAD_MAX_MEMORY_SIZE = FORM_WITH_DOCUMENT_BYTES_MAX
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
PUBLIC_FILES = EVENHAND_HOME / "public"
LOG_SECONDS = _whole_number("EVENHAND_LOG_SECONDS") or 3600
LOG_WITNESSES_FILE = os.environ.get("EVENHAND_LOG_WITNESSES", "")
LOG_ORIGIN = os.environ.get("EVENHAND_LOG_ORIGIN", "")
# The port by which the desk says a rule's sentence in the reader's language.
RULEBOOK = "evenhand.wiring.rulebook"
# Who knows what can be found, for the page of the search and its API.
SEARCHER = "evenhand.wiring.searcher"
# Where entries go and what they are made with, for the command and the staff page.
TRANSPARENCY_DATABASE = "evenhand.wiring.transparency_database"
STATEMENT_TERMS = "evenhand.wiring.statement_terms"
# Ports of the legal room that the desk hands to its steps.
PAGER = "evenhand.wiring.pager"
VIOLATIONS = "evenhand.wiring.violations"
IDENTITIES = "evenhand.wiring.identities"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = Language.EN.value
LANGUAGES = [
    (Language.EN.value, "English"),
    (Language.DE.value, "Deutsch"),
    (Language.FR.value, "Français"),
    (Language.RU.value, "Русский"),
    (Language.KK.value, "Қазақша"),
]
USE_I18N = True
# Before the words of other people's applications, which know "Note" and "Account" too.
LOCALE_PATHS = [Path(__file__).parent / "desk" / "locale"]
FORMAT_MODULE_PATH = ["evenhand.transparency.formats"]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
