"""The ORM store and access log obey the laws, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from portalkit.django.store import DjangoAccessLog, DjangoStore
from portalkit.storage import Store
from portalkit.testing import AccessLogContract, StoreContract
from tests.django.threads import closing_threads


class TestDjangoStore(StoreContract):
    """Every law of a store."""

    takes_turns = True
    scrubs = True

    @pytest.fixture
    def store(self, database: str) -> DjangoStore:
        return closing_threads(DjangoStore)()

    def reopen(self, store: Store) -> DjangoStore:
        return closing_threads(DjangoStore)()


class TestDjangoAccessLog(AccessLogContract):
    """Every law of an access log."""

    @pytest.fixture
    def log(self, database: str) -> DjangoAccessLog:
        return closing_threads(DjangoAccessLog)()

    def reopen(self, log: object) -> DjangoAccessLog:
        return closing_threads(DjangoAccessLog)()
