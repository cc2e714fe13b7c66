"""A small OpenID Connect provider: discovery, code flow with PKCE, signed ID tokens, user info.

It refuses what a real one refuses (a wrong secret, a code used twice, a verifier that does not
fit), and can be told to answer as a broken or hostile one does.
"""

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "evenhand", "a secret of the desk"


@cache
def signing_key() -> rsa.RSAPrivateKey:
    """The provider's key: making one takes long, and every test may use the same."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Grant:
    """What a code stands for."""

    redirect_uri: str
    challenge: str
    nonce: str
    used: bool = False


@dataclass
class OidcTwin:
    """The provider; `user` is whoever is signed in there, `says` alters the ID token."""

    user: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "248289761001",
            "email": "ben@staff.test",
            "email_verified": True,
        }
    )
    says: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    information: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: rsa.RSAPrivateKey = field(default_factory=signing_key)
    signing_key: rsa.RSAPrivateKey | None = None
    denies: bool = False
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)

    def start(self) -> "OidcTwin":
        """Answers on a free port of this machine."""
        twin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                twin.get(self)

            def do_POST(self) -> None:
                twin.post(self)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Answers no longer."""
        self._server.shutdown()
        self._server.server_close()

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        """Discovery, keys, user info; `authorize` is where the browser goes."""
        parts = urlsplit(handler.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                answer(handler, 200, self._configuration())
            case "/keys":
                public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
                answer(handler, 200, {"keys": [{**public, "kid": "one", "use": "sig"}]})
            case "/user":
                token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
                known = token in self.tokens
                answer(handler, 200 if known else 401, {**self.user, **self.information})
            case "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                handler.send_response(302)
                handler.send_header("Location", self.authorize(query))
                handler.end_headers()
            case _:
                answer(handler, 404, {})

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent after somebody signed in at the provider."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        self.asked.append(query)
        back: dict[str, str] = {"state": query["state"]}
        if self.denies:
            back["error"] = "access_denied"
        else:
            code = secrets.token_urlsafe(16)
            self.grants[code] = Grant(
                query["redirect_uri"], query["code_challenge"], query["nonce"]
            )
            back["code"] = code
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        """The token endpoint (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        grant = self.grants.get(sent.get("code", ""))
        verifier = sent.get("code_verifier", "").encode()
        made = urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        holds = (
            grant is not None
            and not grant.used
            and sent.get("client_id") == CLIENT
            and sent.get("client_secret") == SECRET
            and sent.get("redirect_uri") == grant.redirect_uri
            and made == grant.challenge
        )
        if grant is None or not holds:
            answer(handler, 400, {"error": "invalid_grant"})
            return
        grant.used = True
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        answer(
            handler,
            200,
            {"access_token": token, "token_type": "Bearer", "id_token": self._id_token(grant)},
        )

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/user",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.config,
        }

    def _id_token(self, grant: Grant) -> str:
        at = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": grant.nonce,
            **self.user,
            **self.says,
        }
        claims = {name: value for name, value in said.items() if value is not None}
        key: Any = self.signing_key or self.key
        if self.algorithm == "HS256":
            key = "a key that anybody who reads the configuration could know"
        if self.algorithm == "none":
            key = None
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one"})


def answer(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    """Sends JSON."""
    content = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
