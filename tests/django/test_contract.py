"""Django answers as the core does, to the same requests as Flask."""

from __future__ import annotations

from typing import Any

import pytest

from portalkit import Portal
from portalkit.testing import AdapterContract
from portalkit.web import Looks, Web
from tests.hosts.django import showing


@pytest.mark.usefixtures("sqlite")
class TestDjango(AdapterContract):
    adds = ("content-length", "cross-origin-opener-policy")

    def app(self, portal: Portal, looks: Looks) -> Any:
        """The host's app with the portal that it is given."""
        return showing(Web(portal, looks))
