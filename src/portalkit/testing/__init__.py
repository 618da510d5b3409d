"""The test kit: what stores and adapters of your own must pass, and what makes tests short.

It needs pytest.  Subclass a contract, give it your store, and pytest runs every law::

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self, tmp_path):
            self.path = tmp_path / "portal.db"
            return MyStore(self.path)

        def reopen(self, store):
            return MyStore(self.path)

``portalkit.testing.life`` has generated lives of projects; it needs hypothesis.
"""

from __future__ import annotations

import pytest

# before they are imported, so that a failing assertion shows the values it compared
for _name in ("accesses", "adapter", "files", "life", "stores"):
    pytest.register_assert_rewrite(f"{__name__}.{_name}")

from .accesses import AccessLogContract  # noqa: E402
from .adapter import AdapterContract  # noqa: E402
from .clock import FixedClock  # noqa: E402
from .files import FileStoreContract  # noqa: E402
from .sample import Sample, memory_portal, open_sample  # noqa: E402
from .stores import StoreContract  # noqa: E402

__all__ = [
    "AccessLogContract",
    "AdapterContract",
    "FileStoreContract",
    "FixedClock",
    "Sample",
    "StoreContract",
    "memory_portal",
    "open_sample",
]
