"""Cleaning: what enters the log is one clean spelling, and names of files are harmless everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portalkit import Invalid, Outcome, clean
from portalkit.canonical import canonical

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ANY = st.text(max_size=60) | st.text(
    st.sampled_from(f"aeé .\u0301\u0338<>\r\n\t\0\x1b\x85{BIDI}\u2028\ud800"), max_size=20
)
DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
}


@given(ANY)
@example("e\u200e\u0301")
@settings(max_examples=150)
def test_a_line_is_one_line_of_clean_text_that_the_log_can_hold(text: str) -> None:
    found = clean.line(text, "field", required=False)
    canonical(found)
    assert unicodedata.is_normalized("NFC", found)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in found)
    assert not set(found) & set(BIDI)
    assert found == found.strip()
    assert "  " not in found
    assert clean.line(found, "field", required=False) == found


@given(ANY)
@example("e\u200e\u0301")
@settings(max_examples=150)
def test_prose_keeps_its_lines_and_is_clean_otherwise(text: str) -> None:
    found = clean.prose(text, "field")
    canonical(found)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in found if c not in "\n\t")
    assert not set(found) & set(BIDI)
    assert clean.prose(found, "field") == found


def test_line_breaks_of_every_system_are_line_feeds() -> None:
    assert clean.prose("a\r\nb\rc\n\n\td", "f") == "a\nb\nc\n\n\td"


def test_letters_that_need_joiners_keep_them() -> None:
    assert clean.line("👩\u200d🎨 می\u200cخواهم", "f") == "👩\u200d🎨 می\u200cخواهم"


@pytest.mark.parametrize("check", [clean.line, clean.prose])
@pytest.mark.parametrize("value", [None, 5, b"bytes", ["a"], object()])
def test_what_is_no_text_is_refused(check: Callable[..., str], value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        check(value, "field")
    assert refusal.value.evidence["field"] == "field"


def test_text_is_as_long_as_allowed_and_no_longer() -> None:
    assert clean.line("x" * 200, "f") == "x" * 200
    assert clean.line("  " + "x" * 200, "f") == "x" * 200
    for check, length in ((clean.line, 201), (clean.prose, 20_001)):
        with pytest.raises(Invalid) as refusal:
            check("x" * length, "f")
        assert refusal.value.evidence["length"] == length


@pytest.mark.parametrize(
    "value", ["\u2060", "\u200b\u200d", "\u3164\u3164", "\u2800", "\u115f", "\u0301"]
)
def test_what_nobody_can_see_says_nothing(value: str) -> None:
    """Characters of no width, fillers, accents without a letter: a program finds something there, a reader does not."""
    with pytest.raises(Invalid):
        clean.line(value, "f")
    with pytest.raises(Invalid):
        clean.prose(f"{value}\n", "f", required=True)
    assert clean.line(f"a{value}", "f")


@pytest.mark.parametrize("value", ["", " ", "\n\t", "\u202e", "\0"])
def test_what_is_required_must_say_something(value: str) -> None:
    with pytest.raises(Invalid):
        clean.line(value, "f")
    with pytest.raises(Invalid):
        clean.prose(value, "f", required=True)
    assert clean.line(value, "f", required=False) == clean.prose(value, "f") == ""


@given(st.text(max_size=2000) | st.none() | st.integers())
@settings(max_examples=60)
def test_what_a_browser_says_of_itself_is_cut_and_never_refused(value: Any) -> None:
    found = clean.reported(value, limit=20)
    canonical(found)
    assert len(found) <= 20


def test_a_choice_is_made_by_its_value() -> None:
    assert clean.choice(Outcome, "approved", "f") is Outcome.APPROVED
    assert clean.choice(Outcome, Outcome.DECLINED, "f") is Outcome.DECLINED
    for value in ("APPROVED", "", None, 1, "yes"):
        with pytest.raises(Invalid) as refusal:
            clean.choice(Outcome, value, "f")
        assert "changes_requested" in refusal.value.remedy


# -- file names ---------------------------------------------------------------------------------

NAMES = (
    st.text(max_size=60)
    | st.text(st.sampled_from(f"conCOMprnau1.. /\\:*?%;\0\r\n\t{BIDI}é\u0301日"), max_size=30)
    | st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "con", "con ", "..", "a", "é" * 130, "日" * 90, "../..\\"]),
        st.text(st.sampled_from(". _日"), max_size=300).map(lambda text: text * 9),
        st.sampled_from(["", ".txt", ".tar.gz", ". x", "." + "e" * 40, ".日本語"]),
    )
)


@given(NAMES)
@example("con " + "." * 300 + "txt")
@example("x\u200e" + "e\u0301" * 200)
@settings(max_examples=300)
def test_a_file_name_is_harmless_on_every_system(text: str) -> None:
    name = clean.file_name(text)
    assert name not in ("", ".", "..")
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\<>:"|?*%;' + BIDI)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name)
    assert name.partition(".")[0].rstrip(" ").lower() not in DEVICES
    assert name == name.strip(". ")
    assert clean.file_name(name) == name
    canonical(name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("homepage.pdf", "homepage.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\plan.docx", "plan.docx"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (None, "file"),
        (5, "file"),
        (".htaccess", "htaccess"),
        ("a\r\nSet-Cookie: x=y", "a Set-Cookie_ x=y"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com¹.log", "_com¹.log"),
        ("aux .txt", "_aux .txt"),
        ("console.txt", "console.txt"),
        ('a"b;c%.pdf', "a_b_c_.pdf"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        ("  two   words .pdf", "two words .pdf"),
        ("trailing. . .", "trailing"),
    ],
)
def test_examples_of_file_names(given: Any, kept: str) -> None:
    assert clean.file_name(given) == kept


@pytest.mark.parametrize("letter", ["a", "é", "日", "👩"])
def test_a_long_file_name_keeps_its_ending(letter: str) -> None:
    name = clean.file_name(letter * 300 + ".tar.gz")
    assert name.endswith(".gz")
    assert 250 <= len(name.encode()) <= 255


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://staging.acme.example/a?b=c#d",
        "http://localhost:8000",
        "HTTPS://ACME.example",
        "mailto:anna@acme.example",
        "tel:+49301234",
        "https://bücher.example/ü",
    ],
)
def test_an_address_with_a_safe_scheme_may_be_offered(address: str) -> None:
    assert clean.url(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "acme.example",
            "//acme.example",
            "/path",
            "https:",
            "https://",
            "https:acme.example",
        ),
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)"),
        *("java\nscript:alert(1)", "java\0script:alert(1)", "java\u202escript:alert(1)"),
        *("data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://acme.example", "blob:x"),
        *("view-source:https://x", "javascript://acme.example/%0aalert(1)", "feed:javascript:x"),
        *("https://bank.example@evil.example", "https://anna:pw@acme.example"),
        *("https://acme.example/a b", "https://[::1", "https://a\u3000b", "mailto:", "tel:"),
        *("https://" + "x" * 2000, "http://\uff20evil.example"),
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean.url(address)
    assert refusal.value.evidence["field"] == "url"


@pytest.mark.parametrize("address", ["anna@acme.example", "a+b@x", "änna@bücher.example"])
def test_a_plausible_e_mail_address_is_taken(address: str) -> None:
    assert clean.email(f" {address}\n") == address


@pytest.mark.parametrize(
    "address",
    [
        *("anna", "@acme.example", "anna@", "anna@acme@example", "anna acme@example"),
        *("<anna@acme.example>", "anna@acme.example, bob@acme.example", "a@b\r\nBcc: c@d"),
        *('"anna"@acme.example', "x" * 65 + "@acme.example", "anna@[10.0.0.1]"),
    ],
)
def test_what_cannot_be_an_e_mail_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid):
        clean.email(address)


def test_an_e_mail_address_may_be_missing_unless_it_is_required() -> None:
    assert clean.email("") == ""
    with pytest.raises(Invalid):
        clean.email("", required=True)


@pytest.mark.parametrize("id", ["a", "p1", "a.b_c-d", "x" * 64, "-", "0"])
def test_an_id_of_the_host_is_taken_as_it_is(id: str) -> None:
    assert clean.identifier(id, "id") == id


@pytest.mark.parametrize("id", ["", "A", "a b", "a/b", "..", ".", "é", "a\n", "x" * 65, None, 5])
def test_an_unusable_id_is_refused(id: Any) -> None:
    with pytest.raises(Invalid):
        clean.identifier(id, "id")


@pytest.mark.parametrize(
    ("tag", "kept"),
    [("de", "de"), ("en-GB", "en-GB"), ("de_AT", "de-AT"), ("zh-Hant-TW", "zh-Hant-TW")],
)
def test_a_language_tag_is_taken(tag: str, kept: str) -> None:
    assert clean.locale(tag) == kept


@pytest.mark.parametrize("tag", ["", "d", "german", "de-", "../de", "de\n", "en--GB"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(Invalid):
        clean.locale(tag)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_the_world_is_taken(zone: str) -> None:
    assert clean.zone(zone) == zone


@pytest.mark.parametrize(
    "zone", ["", "Berlin", "Europe", "../etc/passwd", "/etc/localtime", "a\0b"]
)
def test_any_other_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid):
        clean.zone(zone)
