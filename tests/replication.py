"""This process on a primary and its standby, in place of the tests' database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connections

from quaysite.databases import DatabaseChoices, databases
from registryauth import token_rows
from robots import grants
from robots.replica_watch import ALIAS
from tests.clusters import Pair

DEFAULT = "default"
NAME = "quaysite"


@contextmanager
def connected(pair: Pair) -> Iterator[None]:
    """`default` is the primary, migrated, and `replica` the standby, in this block."""
    pair.primary.ask("CREATE DATABASE quaysite")
    choices = DatabaseChoices(
        url=pair.primary.url(NAME), replica_url=pair.standby.url(NAME)
    )
    before, own = connections.settings[DEFAULT], connections[DEFAULT]
    connections.settings.update(connections.configure_settings(databases(choices)))
    for alias in (DEFAULT, ALIAS):
        connections[alias] = connections.create_connection(alias)
    _forget_statements()
    try:
        call_command("migrate", verbosity=0)
        pair.catch_up()
        yield
    finally:
        for alias in (DEFAULT, ALIAS):
            connections[alias].close()
            del connections[alias]
        del connections.settings[ALIAS]
        connections.settings[DEFAULT] = before
        connections[DEFAULT] = own
        _forget_statements()


def _forget_statements() -> None:
    """They are compiled for each alias, and another engine's would not do."""
    grants._prepared.cache_clear()
    token_rows._by_digest.cache_clear()
    token_rows._by_digest_with_grants.cache_clear()
    token_rows._by_id.cache_clear()
