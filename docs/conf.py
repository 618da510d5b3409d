"""The documentation as a site: `make docs` builds it into `site/`.

The pages are read in the repository too, so they link to each other as plain files.
"""

from __future__ import annotations

from enum import Enum
from importlib.metadata import version as version_of

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

project = "portalkit"
author = "the portalkit maintainers"
copyright = "the portalkit maintainers, MIT licence"
release = version = version_of("portalkit-sdk")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

html_theme = "furo"
html_title = "portalkit"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "navigation_with_keys": True,
    "light_css_variables": {"color-brand-primary": "#2f5d50", "color-brand-content": "#2f5d50"},
    "dark_css_variables": {"color-brand-primary": "#93beb2", "color-brand-content": "#93beb2"},
}
pygments_style = "friendly"
pygments_dark_style = "monokai"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

# -- reference --------------------------------------------------------------------------------------

default_role = "py:obj"  # `Portal` in a docstring is a reference, and must lead somewhere
add_module_names = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
autodoc_inherit_docstrings = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_use_ivar = True
napoleon_numpy_docstring = False

autodoc_type_aliases = {"Review": "portalkit.pages.Review"}  # imported only where it is made
nitpick_ignore_regex = [
    # of the standard library and of other packages; the build needs no network
    ("py:.*", r"(builtins|collections|contextlib|datetime|enum|io|os|pathlib|types|typing)\b.*"),
    ("py:.*", r"(attrs|attr|flask|markupsafe|pytest|gettext)\b.*"),
    # type variables, and what passes between the rooms without being anybody else's business
    ("py:class", r"(.*\.)?[FRT]"),
    (
        "py:class",
        r"(.*\.)?(Case|Cookie|Delivered|Delivers|EmailMessage|Hook|Ledger|MilestoneSteps|Pair|Reader|Step|Visitor|WSGIApplication|When|Written)",
    ),
]

# -- pages ------------------------------------------------------------------------------------------


def take_in(app: Sphinx, name: str, source: list[str]) -> None:
    """Lead links to CONTRIBUTING.md, which lies beside `docs/`, to the page that takes it in."""
    source[0] = source[0].replace("](../CONTRIBUTING.md", "](contributing.md")


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Find what a docstring calls by the last part of its name, if one thing is called so above others.

    In a contract of the test kit, a method is one of the seam that the contract is for.
    """
    if node.get("refdomain") != "py":
        return None
    seam = (node.get("py:class") or "").removesuffix("Contract")
    objects = env.domains.python_domain.objects
    for tail in (f".{seam}.{node['reftarget']}", f".{node['reftarget']}"):
        called = [name for name in objects if name.endswith(tail)]
        depth = min((name.count(".") for name in called), default=0)
        found = {objects[name][:2] for name in called if name.count(".") == depth}
        if len(found) == 1:
            [(document, anchor)] = found
            address = app.builder.get_relative_uri(node["refdoc"], document)
            return nodes.reference("", "", contnode, internal=True, refuri=f"{address}#{anchor}")
    return None


def members_of_enumerations(
    app: Sphinx, what: str, name: str, member: object, skip: bool, options: object
) -> bool | None:
    """Show what an enumeration holds, although its members have no docstrings."""
    return False if isinstance(member, Enum) else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-skip-member", members_of_enumerations)
    app.connect("source-read", take_in)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
