"""From a URL to a target: where its token service is, and whether it may be asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from abuse.asking import Asker, Limits
from abuse.endpoint import TokenEndpoint, challenge_of
from abuse.needs import Needs
from abuse.options import Options
from abuse.origins import NotAllowed, Origin, belongs_to, origin_of
from abuse.target import Target


class Unusable(Exception):
    """The run cannot begin; the text says what is missing."""


@contextmanager
def target_at(url: str, needs: Needs, options: Options) -> Iterator[Target]:
    """The target, and nothing of the kit's left there afterwards.

    Raises NotAllowed or Unusable.
    """
    named = origin_of(url)
    agreed = _agreed(named, needs, options)
    limits = Limits(options.most_requests, options.most_seconds)
    asker = Asker(agreed, limits, ca_file=options.ca_file)
    _know_secrets(asker, needs)
    realm, service, is_registry = _token_service(asker, url, named, needs)
    asker.allowed.add(origin_of(realm))
    target = Target(
        url=url,
        asker=asker,
        endpoint=TokenEndpoint(asker, realm, service),
        needs=needs,
        allow_changes=options.allow_changes,
        is_registry=is_registry,
        flood=options.flood,
    )
    try:
        yield target
    finally:
        # What was made is removed even where the run has asked enough.
        limits.requests, limits.seconds = limits.requests + 500, limits.seconds + 60
        target.end()


def _agreed(named: Origin, needs: Needs, options: Options) -> set[Origin]:
    """Every origin that was named. Raises NotAllowed for one without leave."""
    urls = [needs.realm, needs.api.url if needs.api else ""]
    urls.append(needs.exchange.url if needs.exchange else "")
    agreed = {named, *(origin_of(url) for url in urls if url)}
    for origin in agreed:
        if not (origin.is_loopback or options.may_test):
            raise NotAllowed(
                f"{origin} is not this machine. With its owner's consent, and only"
                " then, add --i-may-test-this"
            )
    return agreed


def _token_service(
    asker: Asker, url: str, named: Origin, needs: Needs
) -> tuple[str, str, bool]:
    """Realm and service, and whether /v2/ told of them. Raises Unusable."""
    try:
        answer = asker.ask(f"{url}/v2/")
    except OSError as error:
        raise Unusable(f"{url} does not answer: {error}") from None
    told = challenge_of(answer)
    realm = needs.realm or told.get("realm", "")
    service = needs.service or told.get("service", "")
    if not (realm and service):
        raise Unusable(
            f"{url}/v2/ answers {answer.status} and names no token service:"
            " give realm and service in the file of --needs"
        )
    if not needs.realm and not belongs_to(origin_of(realm), named):
        raise NotAllowed(
            f"{url} sends its clients to {origin_of(realm)}. If that is yours to test"
            " too, name it as realm in the file of --needs"
        )
    return realm, service, bool(told)


def _know_secrets(asker: Asker, needs: Needs) -> None:
    for account in (needs.robot, needs.other_robot, needs.person):
        if account:
            asker.secrets.add_account(account.name, account.secret)
    if needs.api:
        api = needs.api
        asker.secrets.add(api.token, api.other_token, api.auditor_token)
