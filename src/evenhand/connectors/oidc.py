"""The operator's own OpenID Connect provider, asked who somebody is (Core 1.0, code flow).

allauth speaks the protocol: discovery, state, PKCE (RFC 7636), the exchange of the code. What it
leaves to TLS is checked here as well: the signature of the ID token, its nonce, issuer and
audience, and that the user info speaks of the same subject.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from evenhand.base.errors import Unavailable
from evenhand.people.checks import SignOnRefused
from evenhand.people.sign_on_steps import Claims

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Signatures with a public key alone: a shared secret or none would let anybody sign."""

LEEWAY_SECONDS = 60
"""Seconds by which the provider's clock may differ from ours."""

CLAIM_CHARACTERS_MAX = 255
"""Characters of a subject (OpenID Connect Core section 2)."""

SCOPES = ("openid", "email")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Provider:
    """Where the provider is, as whom the desk speaks to it, and where it sends people back."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for, and the page that they wanted."""

    claims: Claims
    wanted: str


class _Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """allauth's provider, made from our settings instead of its tables."""

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        self.ours = provider
        app = SocialApp(
            provider=OpenIDConnectProvider.id,
            provider_id="operator",
            name=provider.name,
            client_id=provider.client_id,
            secret=provider.secret,
            settings={
                "server_url": provider.issuer,
                "oauth_pkce_enabled": True,
                "scope": list(SCOPES),
            },
        )
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> "_Adapter":
        return _Adapter(request, self)


class _Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """allauth's side of the protocol, bound to our provider and our address."""

    def __init__(self, request: HttpRequest, provider: _Provider) -> None:
        super().__init__(request, provider.app.provider_id)
        self._provider = provider

    def get_provider(self) -> _Provider:
        return self._provider

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:  # noqa: ARG002
        return self._provider.ours.callback_url

    @property
    def openid_config(self) -> dict[str, Any]:
        """Gives what the provider says of itself, once it is certain that it is this provider."""
        config = super().openid_config
        issuer = self._provider.ours.issuer
        # OpenID Connect Discovery section 4.3: the issuer must be the one that was asked.
        if not isinstance(config, dict) or config.get("issuer") != issuer:
            raise SignOnRefused(why="the provider gives another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(config.get(name)):
                raise SignOnRefused(why="the provider names no safe address", member=name)
        return config

    def user_info(self, access_token: str) -> dict[str, Any]:
        """Gives what the provider says of the person beside the ID token."""
        info: dict[str, Any] = self._fetch_user_info(access_token)
        return info


def is_safe(url: object) -> bool:
    """Tells whether an address is https, or on this very machine."""
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def begin(request: HttpRequest, provider: Provider, *, wanted: str) -> HttpResponse:
    """Sends a browser to the provider; state, nonce and verifier wait in the session."""
    nonce = secrets.token_urlsafe(32)
    try:
        answer: HttpResponse = _Provider(request, provider).redirect(
            request, "login", next_url=wanted, data={"nonce": nonce}, auth_params={"nonce": nonce}
        )
    except (RequestException, ValueError) as error:
        raise Unavailable(process="sign-on provider") from error
    return answer


def finish(request: HttpRequest, provider: Provider) -> Vouched:
    """Gives whom the provider vouches for in its answer, or refuses."""
    ours = _Provider(request, provider)
    state = statekit.unstash_state(
        request, provider_id=ours.sub_id, state_id=request.GET.get("state", "")
    )
    if state is None:
        raise SignOnRefused(why="not asked for here, used, or too old")
    if "error" in request.GET or not request.GET.get("code"):
        raise SignOnRefused(why="the provider did not sign in")
    # RFC 9207 section 2.4: an answer that names another issuer was mixed up.
    if request.GET.get("iss", provider.issuer) != provider.issuer:
        raise SignOnRefused(why="another provider answered")
    adapter = ours.get_oauth2_adapter(request)
    try:
        claims = _claims(request, adapter, state)
    except OAuth2Error as error:
        raise SignOnRefused(why="the code was not taken") from error
    except jwt.PyJWTError as error:
        raise SignOnRefused(why="the ID token does not hold") from error
    except (RequestException, ValueError, KeyError, TypeError) as error:
        raise Unavailable(process="sign-on provider") from error
    return Vouched(claims, str(state.get("next") or ""))


def _claims(request: HttpRequest, adapter: _Adapter, state: dict[str, Any]) -> Claims:
    app = adapter.get_provider().app
    answer = adapter.get_access_token_data(
        request,
        app,
        adapter.get_client(request, app),
        pkce_code_verifier=state.get("pkce_code_verifier"),
    )
    said = _checked(str(answer.get("id_token", "")), adapter, nonce=state["data"]["nonce"])
    subject = said["sub"]
    if "email" not in said and is_safe(adapter.openid_config.get("userinfo_endpoint")):
        info = adapter.user_info(answer["access_token"])
        # OpenID Connect Core section 5.3.2: user info of another subject must not be used.
        if info.get("sub") != subject:
            raise SignOnRefused(why="the user info speaks of somebody else")
        said = {**info, **said}
    email = said.get("email")
    return Claims(
        issuer=adapter.get_provider().ours.issuer,
        subject=subject,
        email=email if isinstance(email, str) else "",
        email_verified=said.get("email_verified") is True,
    )


def _checked(token: str, adapter: _Adapter, *, nonce: str) -> dict[str, Any]:
    """Gives what an ID token says, once all of OpenID Connect Core section 3.1.3.7 holds."""
    ours = adapter.get_provider().ours
    said: dict[str, Any] = jwt.decode(
        token,
        _key(token, adapter.openid_config["jwks_uri"]),
        algorithms=list(ALGORITHMS),
        audience=ours.client_id,
        issuer=ours.issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
    )
    several = isinstance(said["aud"], list) and len(said["aud"]) > 1
    if said.get("azp", None if several else ours.client_id) != ours.client_id:
        raise SignOnRefused(why="the ID token is for somebody else")
    if not hmac.compare_digest(str(said["nonce"]).encode(), nonce.encode()):
        raise SignOnRefused(why="the ID token answers another question")
    if not 0 < len(said["sub"]) <= CLAIM_CHARACTERS_MAX:
        raise SignOnRefused(why="the ID token names nobody")
    return said


def _key(token: str, jwks_uri: str) -> Any:
    """Gives the provider's public key that a token names, or its only one."""
    with get_adapter().get_requests_session() as session:
        answer = session.get(jwks_uri)
        answer.raise_for_status()
        published = jwt.PyJWKSet.from_dict(answer.json()).keys
    named = jwt.get_unverified_header(token).get("kid")
    keys = [key for key in published if named is None or key.key_id == named]
    if len(keys) != 1 or keys[0].key_type not in {"RSA", "EC", "OKP"}:
        raise SignOnRefused(why="the provider has no such key")
    return keys[0].key
