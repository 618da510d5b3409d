"""Host pages as agencies have them: one with loud rules of its own, and some with the usual stylesheets."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

LOUD = """
* { margin: 0; padding: 0; }
body { font: 12px/1 cursive; color: navy; background: #eef; text-align: center; text-transform: uppercase;
  letter-spacing: 2px; word-spacing: 4px; text-indent: 9px; text-shadow: 1px 1px red; }
h1, h2, h3, h4, h5, h6 { color: red; font: 900 40px/2 cursive; margin: 30px; padding: 9px;
  border-bottom: 3px solid red; text-transform: uppercase; letter-spacing: 3px; }
p { margin: 40px; color: red; font-size: 30px; line-height: 3; text-align: right; max-width: 20em; }
a { color: lime; text-decoration: none; font-weight: 900; background: yellow; padding: 10px;
  border-bottom: 2px dotted red; }
button { background: red; color: white; font: 30px cursive; padding: 30px; margin: 20px; width: 100%;
  min-height: 90px; border: 5px solid blue; border-radius: 0; text-transform: uppercase;
  letter-spacing: 3px; box-shadow: 0 0 9px red; }
input, textarea, select { width: 100%; height: 80px; margin: 20px; padding: 20px; font-size: 30px;
  border: 5px solid red; background: pink; color: red; box-shadow: 0 0 9px red; }
label { display: block; color: red; font-size: 30px; font-weight: 900; margin: 20px; }
fieldset { border: 5px solid red; padding: 40px; margin: 40px; background: pink; }
legend { float: left; width: 100%; font-size: 40px; color: red; }
ul, ol { margin: 40px; padding: 40px; list-style: square inside; }
li { margin: 20px; padding: 9px; list-style: upper-roman; color: red; font-size: 30px; }
dl, dt, dd { margin: 30px; padding: 9px; color: red; font-weight: 900; }
table { width: 50%; margin: 30px; border: 5px solid red; background: pink; font-size: 30px; }
th, td { padding: 30px; border: 3px solid red; background: yellow; color: red; text-align: center; }
header, footer, nav, section, article, form { margin: 30px; padding: 30px; background: pink;
  border: 3px solid red; display: flex; }
details, summary { margin: 20px; padding: 20px; background: pink; color: red; font-weight: 900; }
strong, em, time { color: red; font-size: 40px; font-weight: 400; }
blockquote { margin: 40px; padding: 40px; border-left: 20px solid red; font-style: italic; }
code, pre { background: pink; padding: 20px; font-size: 40px; border: 3px solid red; color: red; }
img { border: 20px solid red; margin: 30px; padding: 9px; }
"""
"""Rules for plain elements, each of them visible from afar."""

ASSETS: Final = Path(__file__).parent / "assets"
BOOTSTRAP: Final = files("flask_bootstrap") / "static/bootstrap5/css/bootstrap.min.css"
"""All of Bootstrap, as a package of the index carries it."""


def _shell(style: str, attributes: str = "") -> str:
    return f"""\
<!doctype html>
<html lang="en" {attributes}>
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{{{ page.title }}}}</title>
<style>{{% raw %}}{style}{{% endraw %}}</style>
{{{{ page.head }}}}
</head>
<body><main>{{{{ page.body }}}}</main></body>
</html>"""


LOOKS: Final = {
    "plain": _shell(""),
    "loud": _shell(LOUD),
    "bootstrap": _shell(BOOTSTRAP.read_text("utf-8")),
    "tailwind 3": _shell((ASSETS / "tailwind-3-preflight.css").read_text("utf-8")),
    "tailwind 4": _shell((ASSETS / "tailwind-4-preflight.css").read_text("utf-8")),
}
"""Pages inside which ours look as they do in our own shell."""

SCHEMES: Final = {
    "both": _shell(":root { color-scheme: light dark }"),
    "dark": _shell(":root { color-scheme: dark; background: #111 }"),
    "dark bootstrap": _shell(BOOTSTRAP.read_text("utf-8"), 'data-bs-theme="dark"'),
}
"""Pages that are not just light."""

SHELLS: Final = {**LOOKS, **SCHEMES}
"""The host's ``portalkit/shell.html``, by the name of its app."""
