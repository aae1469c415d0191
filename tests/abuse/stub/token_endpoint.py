"""`/v2/` and `/auth`: challenge, tokens, refresh tokens."""

import base64
import re
import secrets
import time
from typing import Any

import jwt

from tests.abuse.stub.answers import Reply, Request, answer
from tests.abuse.stub.world import SERVICE, Broken, Refused, World

_SCOPE = re.compile(r"(repository):([a-z0-9._/-]{1,200}):([a-z*,]+)")


def ping(world: World, request: Request) -> Reply:
    """200 for a token of ours."""
    try:
        _verified(world, request.headers.get("authorization", ""))
    except (jwt.InvalidTokenError, ValueError):
        elsewhere = world.has("sends its clients elsewhere")
        host = "https://elsewhere.example" if elsewhere else request.url
        told = f'Bearer realm="{host}/auth",service="{SERVICE}"'
        if world.has("says error="):
            told += ',error="invalid_token"'
        return answer(401, {"errors": []}, WWW_Authenticate=told)
    return answer(200, {})


def _verified(world: World, header: str) -> None:
    scheme, _, token = header.partition(" ")
    if scheme != "Bearer":
        raise ValueError
    algorithms = ["ES256"]
    claims = jwt.decode(token, options={"verify_signature": False})
    unsigned = jwt.get_unverified_header(token).get("alg", "").lower() == "none"
    if world.has("registry takes alg none") and unsigned:
        return
    if not world.has("registry ignores signatures") and "sub" in claims:
        jwt.decode(token, world.key.public_key(), algorithms, audience=SERVICE)


def tokens(world: World, request: Request) -> Reply:
    """GET and POST; raises Refused."""
    if request.method not in ("GET", "POST"):
        shown = str(request.headers) if world.has("echoes TRACE") else ""
        return Reply(405, shown.encode())
    if request.method == "POST":
        return _posted(world, request)
    who = _who(world, request)
    scopes = [
        part for text in request.query.get("scope", []) for part in text.split(" ")
    ]
    if who is None and not any(scopes):
        raise Refused(401)
    return _token(world, who, scopes, offline="offline_token" in request.query)


def _who(world: World, request: Request) -> str | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    try:
        scheme, _, encoded = header.partition(" ")
        decoded = base64.b64decode(encoded, validate=True).decode()
        name, colon, secret = decoded.partition(":")
        if scheme != "Basic" or not colon or "\0" in name:
            raise ValueError
    except ValueError:
        if world.has("breaks on bad base64"):
            raise Broken from None
        if world.has("takes the unreadable for nobody"):
            request.query.setdefault("scope", ["repository:acme/x:pull"])
            return None
        raise Refused(401) from None
    known = name in world.robots or name in world.people
    if known and world.has("is slow for known names"):
        time.sleep(0.006)
    if world.has("takes its own tokens") and secret.startswith("ey"):
        return name
    return world.authenticate(name, secret, request.address)


def _posted(world: World, request: Request) -> Reply:
    if world.has("breaks on bad forms") and not request.form:
        raise Broken
    token = request.form.get("refresh_token", [""])[0]
    if request.form.get("grant_type") != ["refresh_token"]:
        raise Refused(400, "unsupported_grant_type")
    who = world.refresh.get(token)
    if world.has("reads half of refresh tokens"):
        found = [w for text, w in world.refresh.items() if text[:9] == token[:9]]
        who = found[0] if found else None
    if who is None:
        raise Refused(401)
    if world.has("uses refresh tokens up"):
        del world.refresh[token]
    scopes = [
        part for text in request.form.get("scope", []) for part in text.split(" ")
    ]
    return _token(world, who, scopes)


def _token(
    world: World, who: str | None, scopes: list[str], *, offline: bool = False
) -> Reply:
    access = []
    for text in filter(None, scopes):
        found = _SCOPE.fullmatch(text)
        if world.has("breaks on odd scopes") and not found:
            raise Broken
        if found and "pull" in found[3] and world.has("says 404 for what is missing"):
            _check_exists(world, found[2])
        if found:
            granted = world.decide(who, found[2], set(found[3].split(",")))
            access.append(
                {"type": found[1], "name": found[2], "actions": sorted(granted)}
            )
    said: dict[str, Any] = {"token": _signed(world, who, access), "expires_in": 300}
    if offline and who:
        said["refresh_token"] = secrets.token_urlsafe(40)
        world.refresh[said["refresh_token"]] = who
    kept = "public, max-age=60" if world.has("lets tokens be cached") else "no-store"
    return answer(200, said, Cache_Control=kept)


def _check_exists(world: World, repository: str) -> None:
    if repository not in world.repositories:
        raise Refused(404)


def _signed(world: World, who: str | None, access: list[dict[str, Any]]) -> str:
    now = int(time.time())
    lasts = 90_000 if world.has("signs for a day") else 300
    claims = {
        "iss": "stub", "sub": who or "", "aud": SERVICE, "iat": now, "nbf": now - 60,
        "exp": now + lasts, "jti": secrets.token_hex(8), "access": access,
    }  # fmt: skip
    if world.has("signs for nobody in particular"):
        claims["aud"] = [SERVICE, "other.example"]
    if world.has("repeats its jti"):
        claims["jti"] = "1"
    if world.has("signs with a password"):
        return jwt.encode(claims, "a password of more than thirty-two bytes", "HS256")
    return jwt.encode(claims, world.key, "ES256", {"kid": "stub"})
