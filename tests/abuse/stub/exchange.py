"""The exchange: whose token is this?"""

import base64
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from jwt.algorithms import RSAAlgorithm

from tests.abuse.stub.answers import Reply, Request, answer
from tests.abuse.stub.patterns import matches
from tests.abuse.stub.world import Broken, Refused, World

_UNKNOWN_HEADERS = {"crit", "b64", "zip", "cty", "jwk", "jku", "x5u", "x5c", "x"}
_LEEWAY = 30
_UNVERIFIED: Any = {
    f"verify_{what}": False
    for what in ("signature", "exp", "nbf", "aud", "iat", "sub", "iss", "jti")
}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Exchange:
    """One service's, with the keys that it has fetched."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._keys: dict[str, dict[str, Any]] = {}
        self._used: set[str] = set()
        self._lock = threading.Lock()
        self._accepted: set[str] = set()

    def reply(self, request: Request) -> Reply:
        """Raises Refused."""
        header = request.headers.get("authorization", "").partition(" ")[2]
        robot, _, token = base64.b64decode(header).decode().partition(":")
        try:
            self._check(robot, token)
        except (Broken, Refused):
            raise
        except Exception:
            raise Refused(401) from None
        return answer(200, {"token": secrets.token_urlsafe(40)})

    def _check(self, robot: str, token: str) -> None:
        has = self.world.has
        claims = jwt.decode(token, options=_UNVERIFIED)
        header = jwt.get_unverified_header(token)
        issuer = claims["iss"]
        if has("takes a list for iss") and isinstance(issuer, list):
            issuer = issuer[-1]
        trusts = self.world.robots[robot].trusts
        if not has("asks any issuer"):
            trusts = [trust for trust in trusts if trust["issuer"] == issuer]
            if not trusts:
                raise Refused(401)
        if not (has("remembers by jti") and str(claims.get("jti")) in self._accepted):
            self._verify(token, header, issuer)
        self._check_types(claims)
        trust = self._matching(trusts, issuer, claims)
        if trust.get("single_use") and not has("takes tokens twice"):
            self._use(claims["jti"])
        self._accepted.add(str(claims.get("jti")))

    def _use(self, jti: str) -> None:
        """Raises Refused the second time."""
        with self._lock:
            if jti in self._used:
                raise Refused(401)
            self._used.add(jti)

    def _verify(self, token: str, header: dict[str, Any], issuer: str) -> None:
        has, known = self.world.has, _UNKNOWN_HEADERS
        unsigned = str(header["alg"]).lower() == "none"
        if has("takes alg none") and unsigned:
            return
        if has("believes the jwk header") and "jwk" in header:
            key: Any = RSAAlgorithm.from_jwk(header["jwk"])
            jwt.api_jws.decode(token, key, ["RS256"])
            return
        if has("fetches jku") and "jku" in header:
            self._fetched(header["jku"])
        if has("passes over crit"):
            known = set()
        typ = header.get("typ", "JWT")
        if known & set(header) or typ.lower() not in ("jwt", "at+jwt"):
            raise Refused(401)
        jwk = self._key(issuer, header["kid"])
        allowed = ["RS256"]
        if has("takes any algorithm"):
            allowed = ["RS256", "RS384", "RS512", "PS256"]
        if has("mixes HMAC and keys") and header["alg"] == "HS256":
            self._check_hmac(token, jwk)
            return
        key = RSAAlgorithm.from_jwk({**jwk, "alg": ""})
        if has("passes over crit"):
            self._check_signature(token, header, key)
        else:
            jwt.api_jws.decode(token, key, allowed)

    def _check_signature(self, token: str, header: dict[str, Any], key: Any) -> None:
        if header["alg"] != "RS256":
            raise Refused(401)
        signed, _, signature = token.rpartition(".")
        method = jwt.get_algorithm_by_name("RS256")
        raw = base64.urlsafe_b64decode(signature + "==")
        if not method.verify(signed.encode(), key, raw):
            raise Refused(401)

    def _check_hmac(self, token: str, jwk: dict[str, Any]) -> None:
        signed, _, signature = token.rpartition(".")
        method = jwt.get_algorithm_by_name("HS256")
        raw = base64.urlsafe_b64decode(signature + "==")
        if not method.verify(signed.encode(), json.dumps(jwk).encode(), raw):
            raise Refused(401)

    def _key(self, issuer: str, kid: str) -> dict[str, Any]:
        """Fetched once; again for an unknown kid only if the service is broken so."""
        found = self._keys.get(issuer)
        if found is None or (self.world.has("fetches each kid") and kid not in found):
            found = self._fetched_keys(issuer)
            self._keys[issuer] = found
        if kid not in found:
            raise Refused(401)
        jwk: dict[str, Any] = found[kid]
        return jwk

    def _fetched_keys(self, issuer: str) -> dict[str, Any]:
        said = self._fetched(f"{issuer}/.well-known/openid-configuration")
        if said["issuer"] != issuer and not self.world.has("believes any discovery"):
            raise Refused(401)
        keys = self._fetched(said["jwks_uri"])["keys"]
        return {jwk["kid"]: jwk for jwk in keys}

    def _fetched(self, url: str) -> Any:
        if urlsplit(url).hostname != "127.0.0.1":
            if self.world.has("reads any URL") and url.startswith("file:"):
                raise Broken(Path(url[7:]).read_text()[:200])
            raise Refused(401)
        follows = self.world.has("follows redirects")
        handlers = [] if follows else [_NoRedirects]
        opener = urllib.request.build_opener(*handlers)
        try:
            with opener.open(url, timeout=5) as response:
                return json.load(response)
        except urllib.error.URLError:
            raise Refused(401) from None

    def _check_types(self, claims: dict[str, Any]) -> None:
        now, breaks = time.time(), self.world.has("breaks on wrong types")
        for name in ("exp", "nbf", "iat"):
            if type(claims[name]) is not int:
                raise Broken if breaks else Refused(401)
        late = claims["exp"] < now - _LEEWAY
        if late or max(claims["nbf"], claims["iat"]) > now + _LEEWAY:
            raise Refused(401)
        if not (isinstance(claims["sub"], str) and claims["sub"]):
            raise Refused(401)

    def _matching(
        self, trusts: list[dict[str, Any]], issuer: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        has, of_any = (
            self.world.has,
            [a for t in trusts for a in t.get("audiences", [])],
        )
        for trust in trusts:
            audiences = of_any if has("mixes trusts") else trust.get("audiences", [])
            if trust["issuer"] != issuer:
                continue
            if self._is_subject(trust, claims["sub"]) and self._is_audience(
                audiences, claims.get("aud")
            ):
                return trust
        raise Refused(401)

    def _is_subject(self, trust: dict[str, Any], subject: str) -> bool:
        wanted = trust["subject"]
        if self.world.has("ignores case of subjects"):
            wanted, subject = wanted.lower(), subject.lower()
        if self.world.has("takes every subject for a pattern"):
            return fnmatchcase(subject, wanted)
        if trust.get("subject_match") == "glob":
            if self.world.has("lets stars cross"):
                return fnmatchcase(subject, wanted)
            return matches(wanted, subject)
        return bool(wanted == subject)

    def _is_audience(self, audiences: list[str], said: Any) -> bool:
        if not audiences or self.world.has("ignores audiences"):
            return True
        if isinstance(said, list) and len(said) == 1:
            said = said[0]
        if self.world.has("looks for audiences within"):
            return isinstance(said, str) and any(text in said for text in audiences)
        return isinstance(said, str) and said in audiences
