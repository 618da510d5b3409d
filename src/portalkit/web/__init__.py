"""The web of portalkit: requests to responses, the same behind every framework.

An adapter makes one `Web` for its portal, turns what its framework hands over into a `Request`, calls
`Web.handle`, and turns the `Response` back.  It holds no flow of its own.
"""

from portalkit.web.app import Looks, Web
from portalkit.web.brand import Brand, Colours, Palette, colours
from portalkit.web.http import Request, Response, SentFile
from portalkit.web.mail import Mails
from portalkit.web.render import Page
from portalkit.web.routes import ROUTES, Route

__all__ = [
    "ROUTES",
    "Brand",
    "Colours",
    "Looks",
    "Mails",
    "Page",
    "Palette",
    "Request",
    "Response",
    "Route",
    "SentFile",
    "Web",
    "colours",
]
