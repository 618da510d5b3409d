"""Words, days and times in English and German, and the catalogues they come from."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from portalkit.language import LABELS, SHIPPED, Language, Languages
from portalkit.model import (
    Approval,
    Milestone,
    MilestoneStatus,
    Person,
    Project,
    ProjectStatus,
    Side,
)
from portalkit.pages import Reader, Sentence, sentence, staff_sentence
from portalkit.pages.history import MESSAGES

ROOT = Path(__file__).parent.parent
CATALOGUES = sorted(SHIPPED.glob("*/LC_MESSAGES/portalkit.po"))
LANGUAGES = ["en", *(path.parts[-3] for path in CATALOGUES)]


def speak(tag: str, zone: str = "Europe/Berlin", due_zone: str = "") -> Language:
    """A shipped language in a time zone, of a project in the same or another one."""
    language = Languages().choose([tag], zone, due_zone)
    assert language.locale == tag
    return language


def at(*when: int) -> int:
    """An instant in UTC."""
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type]


NOW = at(2026, 11, 23, 15, 40)
TODAY = date(2026, 11, 23)


def spaced(text: str) -> str:
    """A text whose unbreakable spaces are plain, to compare it with what is typed here."""
    return text.replace("\u00a0", " ")


# -- the catalogues -----------------------------------------------------------------------------


def catalogue(path: Path) -> Catalog:
    """A catalogue as translators write it."""
    with path.open("rb") as file:
        return read_po(file)


def forms(value: Any) -> Sequence[str]:
    """A message, or the forms of one that counts."""
    return (value,) if isinstance(value, str) else value


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return set(re.findall(r"\{\w*\}", text))


def test_german_is_shipped() -> None:
    assert LANGUAGES == ["en", "de"]


def test_the_catalogues_are_up_to_date() -> None:
    """If not: make locale, and translate what is new."""
    command = [sys.executable, "-I", str(ROOT / "tools" / "catalogues.py"), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_is_complete(path: Path) -> None:
    """Every text is there, with the same placeholders."""
    found = catalogue(path)
    for message in found:
        if message.id:
            translated = forms(message.string)
            assert all(translated), message.id
            assert not message.fuzzy, message.id
            assert isinstance(message.id, str) or len(translated) == found.num_plurals
            allowed = [placeholders(form) for form in forms(message.id)]
            assert all(placeholders(form) in allowed for form in translated), message.id


def test_german_is_set_well() -> None:
    found = catalogue(SHIPPED / "de" / "LC_MESSAGES" / "portalkit.po")
    assert found.plural_forms == "nplurals=2; plural=(n != 1);"
    for text in [form for message in found if message.id for form in forms(message.string)]:
        assert not re.search(r"[\"'”»«]|\.\.\.|  | - |\b[Dd](u|ein|ich|ir)\b", text), text
        assert re.fullmatch(r"([^„“]|„[^„“]+“)*", text), text


def test_german_history_needs_no_conjugation() -> None:
    """Who acts is "Sie" or a name: "Sie: Startseite freigegeben"."""
    say = speak("de")
    for message in MESSAGES.values():
        translated = say.text(message)
        assert translated.startswith("{actor}: ") or "{actor}" not in message


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("value", LABELS, ids=repr)
def test_every_label_has_a_name(tag: str, value: Any) -> None:
    label = speak(tag).label(value)
    assert label
    assert (label == LABELS[value]) == (tag == "en")


# -- days and times -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "day", "short", "long", "tiny"),
    [
        ("en", date(2026, 11, 27), "Fri 27 Nov", "27 November", "27 Nov"),
        ("en", date(2025, 3, 1), "1 Mar 2025", "1 March 2025", "1 Mar 2025"),
        ("de", date(2026, 11, 27), "Fr, 27. Nov.", "27. November", "27. Nov."),
        ("de", date(2025, 3, 1), "1. März 2025", "1. März 2025", "1. März 2025"),
        ("de", date(2026, 5, 9), "Sa, 9. Mai", "9. Mai", "9. Mai"),
    ],
)
def test_a_day(tag: str, day: date, short: str, long: str, tiny: str) -> None:
    say = speak(tag)
    assert spaced(say.day(day, NOW)) == short
    assert spaced(say.long_day(day, NOW)) == long
    assert spaced(say.short_day(day, NOW)) == tiny


def test_an_instant_is_told_as_the_day_that_it_is_there() -> None:
    late = at(2026, 12, 31, 23, 30)
    assert speak("en", "Europe/London").day(late, NOW) == "Thu 31 Dec"
    assert speak("en").day(late, NOW) == "1 Jan 2027"
    assert speak("en").long_day(late, NOW) == "1 January 2027"
    assert speak("en").today(late) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("zone", "english", "german"),
    [
        ("Europe/Berlin", "Mon 23 Nov, 16:40 CET", "Mo, 23. Nov., 16:40 MEZ"),
        ("Europe/Athens", "Mon 23 Nov, 17:40 EET", "Mo, 23. Nov., 17:40 OEZ"),
        ("Europe/London", "Mon 23 Nov, 15:40 GMT", "Mo, 23. Nov., 15:40 GMT"),
        ("Asia/Dubai", "Mon 23 Nov, 19:40 UTC+04", "Mo, 23. Nov., 19:40 UTC+04"),
        ("America/Sao_Paulo", "Mon 23 Nov, 12:40 UTC-03", "Mo, 23. Nov., 12:40 UTC-03"),
        ("Asia/Kathmandu", "Mon 23 Nov, 21:25 UTC+0545", "Mo, 23. Nov., 21:25 UTC+0545"),
        ("Asia/Tokyo", "Tue 24 Nov, 00:40 JST", "Di, 24. Nov., 00:40 JST"),
        ("UTC", "Mon 23 Nov, 15:40 UTC", "Mo, 23. Nov., 15:40 UTC"),
    ],
)
def test_a_moment_names_its_zone(zone: str, english: str, german: str) -> None:
    assert speak("en", zone).moment(NOW, NOW) == english
    assert spaced(speak("de", zone).moment(NOW, NOW)) == german


def test_a_moment_of_another_year() -> None:
    assert speak("en").moment(at(2025, 7, 1, 12), NOW) == "1 Jul 2025, 14:00 CEST"
    assert spaced(speak("de").moment(at(2025, 7, 1, 12), NOW)) == "1. Juli 2025, 14:00 MESZ"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/New_York"])
def test_a_day_that_was_given_without_a_time_is_told_without_one(zone: str) -> None:
    """It is a day of the project, wherever it is read; a minute later it is a time of the reader's."""
    say, midnight = speak("en", zone, "Europe/Berlin"), at(2026, 11, 4, 23)
    assert say.moment(midnight, NOW) == "Thu 5 Nov"
    assert say.day(midnight, NOW) == "Thu 5 Nov"
    assert say.long_day(midnight, NOW) == "5 November"
    assert say.moment(midnight + 60_000, NOW).count(":") == 1


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    say = speak("en")
    assert say.moment(at(2026, 10, 25, 0, 59), NOW) == "Sun 25 Oct, 02:59 CEST"
    assert say.moment(at(2026, 10, 25, 1, 0), NOW) == "Sun 25 Oct, 02:00 CET"
    assert say.iso(at(2026, 10, 25, 0, 59)) == "2026-10-25T02:59:00+02:00"
    assert say.iso(at(2026, 10, 25, 1, 0)) == "2026-10-25T02:00:00+01:00"


@pytest.mark.parametrize(
    ("distance", "english", "german"),
    [
        (-400, "Overdue since 19 Oct 2025", "Überfällig seit 19. Okt. 2025"),
        (-2, "Overdue since Sat 21 Nov", "Überfällig seit Sa, 21. Nov."),
        (-1, "Due yesterday", "War gestern fällig"),
        (0, "Due today", "Heute fällig"),
        (1, "Due tomorrow", "Morgen fällig"),
        (2, "Due Wed 25 Nov", "Fällig am Mi, 25. Nov."),
        (40, "Due 2 Jan 2027", "Fällig am 2. Jan. 2027"),
    ],
)
def test_when_something_is_wanted(distance: int, english: str, german: str) -> None:
    day = TODAY + timedelta(days=distance)
    assert speak("en").due(day, NOW) == english
    assert spaced(speak("de").due(day, NOW)) == german


def test_today_is_where_the_project_is() -> None:
    """A due day is a whole day there, and nobody is told that it is over before it is."""
    night = at(2026, 11, 23, 23, 30)
    assert speak("en", "UTC").due(TODAY, night) == "Due today"
    assert speak("en").due(TODAY, night) == "Due yesterday"
    assert speak("en", "Pacific/Honolulu").due(TODAY, at(2026, 11, 24, 9)) == "Due today"
    for reader in ("UTC", "Europe/Berlin", "Asia/Tokyo"):
        assert speak("en", reader, "UTC").due(TODAY, night) == "Due today"
        assert not speak("en", reader, "UTC").over(TODAY, night)
        assert speak("en", reader, "Europe/Berlin").due(TODAY, night) == "Due yesterday"
        assert speak("en", reader, "Europe/Berlin").over(TODAY, night)


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("Europe/Berlin", at(2026, 3, 27, 23), 24),
        ("Europe/Berlin", at(2026, 3, 28, 23), 23),
        ("Europe/Berlin", at(2026, 10, 24, 22), 25),
        ("Africa/Cairo", at(2026, 4, 22, 22), 24),
        ("Africa/Cairo", at(2026, 4, 23, 22), 23),  # begins at 01:00, for 00:00 does not exist
        ("Africa/Cairo", at(2026, 10, 28, 21), 25),
        ("Australia/Lord_Howe", at(2026, 10, 3, 13, 30), 23.5),
    ],
)
def test_a_day_ends_at_midnight_however_long_it_is(zone: str, now: int, hours: float) -> None:
    say = speak("en", zone)
    assert say.today(now - 1) < say.today(now)
    assert say.midnight_after(now) == now + hours * 3_600_000


ZONES = [
    "UTC",
    "Europe/Berlin",
    "Africa/Cairo",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
]


@given(now=st.integers(at(2020, 1, 1), at(2035, 1, 1)), zone=st.sampled_from(ZONES))
def test_midnight_is_where_the_day_changes(now: int, zone: str) -> None:
    say = speak("en", zone)
    midnight = say.midnight_after(now)
    assert say.today(midnight - 1) == say.today(now)
    assert say.today(midnight) == say.today(now) + timedelta(days=1)


def test_what_is_said_of_days_is_good_until_the_first_midnight() -> None:
    """That of the reader, whose days are told, or that of the project, whose days are due."""
    now = at(2026, 1, 5, 16)
    tokyo, angeles = at(2026, 1, 6, 15), at(2026, 1, 6, 8)
    assert speak("en", "Asia/Tokyo").midnight_after(now) == tokyo
    assert speak("en", "America/Los_Angeles").midnight_after(now) == angeles
    assert speak("en", "Asia/Tokyo", "America/Los_Angeles").midnight_after(now) == angeles
    assert speak("en", "Asia/Tokyo", "America/Los_Angeles").midnight_after(angeles) == tokyo


# -- texts, numbers, lists ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "english"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (640_000, "640 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (2_400_000, "2.4 MB"),
        (9_949_999, "9.9 MB"),
        (9_950_000, "10 MB"),
        (73_000_000, "73 MB"),
        (1_500_000_000, "1.5 GB"),
        (2 * 10**12, "2000 GB"),
    ],
)
def test_a_size(size: int, english: str) -> None:
    assert speak("en").size(size) == english
    assert spaced(speak("de").size(size)) == english.replace(".", ",")


@pytest.mark.parametrize(
    ("names", "english", "german"),
    [
        ([], "", ""),
        (["A"], "A", "A"),
        (["A", "B"], "A and B", "A und B"),
        (["A", "B", "C"], "A, B and C", "A, B und C"),
    ],
)
def test_a_list(names: list[str], english: str, german: str) -> None:
    assert speak("en").listed(names) == english
    assert speak("de").listed(names) == german


def test_a_count_is_a_word_while_it_is_small() -> None:
    english = " ".join(speak("en").count(number) for number in range(12))
    german = " ".join(speak("de").count(number) for number in range(12))
    assert english == "0 1 Two Three Four Five Six Seven Eight Nine 10 11"
    assert german == "0 1 Zwei Drei Vier Fünf Sechs Sieben Acht Neun 10 11"


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [(0, "0 files", "0 Dateien"), (1, "1 file", "1 Datei"), (2, "2 files", "2 Dateien")],
)
def test_a_plural(count: int, english: str, german: str) -> None:
    assert speak("en").plural("1 file", "{count} files", count) == english
    assert speak("de").plural("1 file", "{count} files", count) == german


def test_a_text_is_filled_once() -> None:
    """What people write is never taken for a placeholder."""
    say = speak("de")
    assert say.text("Not {name}?", name="{name}") == "Nicht {name}?"
    assert say.text("{actor} approved {thing}") == "{actor}: {thing} freigegeben"
    assert say.context("update", "Next") == "Als Nächstes"
    assert say.text("no such message") == "no such message"


def test_the_writing_direction() -> None:
    assert speak("en").direction == speak("de").direction == "ltr"


# -- choosing a language ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (["de"], "de"),
        (["de-AT"], "de"),
        (["de_at"], "de"),
        (["DE"], "de"),
        (["de-Latn-CH-1996"], "de"),
        (["xx"], "en"),
        (["xx", "de"], "de"),
        (["en-GB", "de"], "en"),
        (["", "*", "i-klingon", "de"], "de"),
        ([], "en"),
    ],
)
def test_the_best_language_that_there_is(wanted: list[str], chosen: str) -> None:
    language = Languages().choose(wanted, "Asia/Tokyo")
    assert (language.locale, language.zone) == (chosen, "Asia/Tokyo")


@pytest.mark.parametrize(
    "tag",
    [
        *("../../etc", "..", "/etc", "de/../../etc", "de-../x", "de\\..", "C:", "~", "", "."),
        *("de\0", "de\n", "dé", "ｄｅ", "d", "de-", "-de", "x" * 400, "-".join(["aa"] * 100)),
        *("de-" + "x" * 9, "de-a-b-c-d", "de.mo", "de%2e%2e", "%s", "{0}"),
    ],
)
def test_what_is_no_tag_never_reaches_the_file_system(
    tag: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(Path, "is_file", lambda path: bool(asked.append(path)))
    assert Languages([tmp_path]).choose([tag], "UTC").locale == "en"
    assert [path.parts[-3] for path in asked] == ["en", "en"]


def write_catalogue(folder: Path, tag: str, texts: dict[str, str]) -> None:
    """Write a host's own catalogue."""
    found = Catalog(locale=tag)
    for message, translated in texts.items():
        found.add(message, translated)
    place = folder / tag / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "portalkit.mo").open("wb") as file:
        write_mo(file, found)


def test_a_hosts_own_catalogue_comes_first(tmp_path: Path) -> None:
    """It may hold only what it says differently."""
    write_catalogue(tmp_path / "host", "de", {"History": "Chronik"})
    write_catalogue(tmp_path / "other", "de", {"History": "Logbuch", "Files": "Unterlagen"})
    say = Languages([tmp_path / "host", str(tmp_path / "other")]).choose(["de-CH"], "UTC")
    assert say.locale == "de"
    assert say.text("History") == "Chronik"
    assert say.text("Files") == "Unterlagen"
    assert say.text("Milestones") == "Meilensteine"
    assert say.plural("1 file", "{count} files", 3) == "3 Dateien"
    assert spaced(say.long_day(TODAY, NOW)) == "23. November"


def test_a_host_may_bring_a_language_and_change_the_english(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "de_CH", {"Files": "Dossier"})
    write_catalogue(tmp_path, "en", {"History": "Story so far"})
    languages = Languages([tmp_path])
    assert languages.choose(["de-CH"], "UTC").text("Files") == "Dossier"
    assert languages.choose(["de-AT"], "UTC").text("Files") == "Dateien"
    assert languages.choose(["xx"], "UTC").text("History") == "Story so far"


# -- the sentence -------------------------------------------------------------------------------

DONE, NEXT = at(2026, 10, 30, 12), date(2026, 12, 8)
STATES = {
    "d": {"title": "Wireframes", "status": "completed", "completed_at": DONE},
    "p": {"title": "Design", "status": "in_progress"},
    "q": {"title": "Inhalte", "status": "in_progress"},
    "r": {"title": "Texte", "status": "in_progress"},
    "s": {"title": "Fotos", "status": "in_progress"},
    "t": {"title": "Videos", "status": "in_progress"},
    "n": {"title": "Umsetzung", "status": "planned"},
    "N": {"title": "Umsetzung", "status": "planned", "starts": NEXT},
}


def a_project(states: str, **values: Any) -> Project:
    """A project with milestones in these states."""
    milestones = {state: Milestone(id=state, **STATES[state]) for state in states}  # type: ignore[arg-type]
    return Project("p", "Relaunch", "Acme", milestones=milestones, **values)


def told(project: Project, tag: str, waiting: int = 0) -> Sentence:
    """The sentence as a client reads it."""
    reader = Reader(Person("anna", Side.CLIENT, "Anna Keller"), speak(tag), NOW)
    return sentence(project, project.answers, reader, waiting)


@pytest.mark.parametrize(
    ("states", "english", "german"),
    [
        (
            "",
            "The first milestone will stand here soon.",
            "Hier steht bald der erste Meilenstein.",
        ),
        (
            "d",
            "The milestone is completed.",
            "Der Meilenstein ist abgeschlossen.",
        ),
        (
            "p",
            "Design is in progress.",
            "„Design“ ist in Arbeit.",
        ),
        (
            "n",
            "Umsetzung comes next.",
            "„Umsetzung“ folgt als Nächstes.",
        ),
        (
            "N",
            "Umsetzung comes next on 8 December.",
            "„Umsetzung“ folgt am 8. Dezember.",
        ),
        (
            "dp",
            "Wireframes was completed on 30 October, and Design is in progress.",
            "„Wireframes“ wurde am 30. Oktober abgeschlossen, und „Design“ ist in Arbeit.",
        ),
        (
            "dN",
            "Wireframes was completed on 30 October, and Umsetzung comes next on 8 December.",
            "„Wireframes“ wurde am 30. Oktober abgeschlossen, und „Umsetzung“ folgt am 8. Dezember.",
        ),
        (
            "pqn",
            "Design and Inhalte are in progress, and Umsetzung comes next.",
            "„Design“ und „Inhalte“ sind in Arbeit, und „Umsetzung“ folgt als Nächstes.",
        ),
        (
            "dpqN",
            "Wireframes was completed on 30 October, Design and Inhalte are in progress, "
            "and Umsetzung comes next on 8 December.",
            "„Wireframes“ wurde am 30. Oktober abgeschlossen, „Design“ und „Inhalte“ sind in Arbeit, "
            "und „Umsetzung“ folgt am 8. Dezember.",
        ),
        (
            "pqrs",
            "Design, Inhalte, Texte and one more are in progress.",
            "„Design“, „Inhalte“, „Texte“ und ein weiterer sind in Arbeit.",
        ),
        (
            "pqrst",
            "Design, Inhalte, Texte and 2 more are in progress.",
            "„Design“, „Inhalte“, „Texte“ und 2 weitere sind in Arbeit.",
        ),
    ],
)
def test_where_the_project_stands(states: str, english: str, german: str) -> None:
    project = a_project(states)
    assert told(project, "en").rest == english
    assert spaced(told(project, "de").rest) == german


def test_where_a_project_stands_that_is_finished_or_rests() -> None:
    finished = Project("p", "P", "Acme", milestones={
        id: Milestone(id, id, status=MilestoneStatus.COMPLETED, completed_at=DONE) for id in "abc"
    })  # fmt: skip
    assert told(finished, "en").rest == "All 3 milestones are completed."
    assert told(finished, "de").rest == "Alle 3 Meilensteine sind abgeschlossen."
    resting = a_project("dp", status=ProjectStatus.ON_HOLD)
    assert told(resting, "en").rest == "The project is on hold."
    assert told(resting, "de").rest == "Das Projekt pausiert."


LEADS = [
    (0, "Nothing waits for you.", "Zurzeit wartet nichts auf Sie."),
    (1, "One thing waits for you.", "Eine Sache wartet auf Sie."),
    (2, "Two things wait for you.", "Zwei Dinge warten auf Sie."),
    (10, "10 things wait for you.", "10 Dinge warten auf Sie."),
]


@pytest.mark.parametrize(("waiting", "english", "german"), LEADS)
def test_what_waits_comes_first(waiting: int, english: str, german: str) -> None:
    project = a_project("p")
    assert str(told(project, "en", waiting)) == f"{english} Design is in progress."
    assert str(told(project, "de", waiting)) == f"{german} „Design“ ist in Arbeit."


@pytest.mark.parametrize(
    ("waiting", "english", "german"),
    [
        (0, "No decision is open.", "Keine Entscheidung steht aus."),
        (
            1,
            "One decision waits for the client.",
            "Eine Entscheidung steht auf Kundenseite aus.",
        ),
        (
            2,
            "Two decisions wait for the client.",
            "Zwei Entscheidungen stehen auf Kundenseite aus.",
        ),
    ],
)
def test_staff_read_what_waits_for_the_client(waiting: int, english: str, german: str) -> None:
    asks = {
        str(n): Approval(str(n), "p", "Colours", "", ("anna",), "maya", NOW, n)
        for n in range(waiting)
    }
    project = a_project("p", approvals=asks)
    assert staff_sentence(project, speak("en"), NOW).lead == english
    assert staff_sentence(project, speak("de"), NOW).lead == german


TITLES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="{}"), min_size=1, max_size=20
)
MILESTONES = st.builds(
    Milestone,
    id=st.uuids().map(str),
    title=TITLES,
    status=st.sampled_from(MilestoneStatus),
    starts=st.none() | st.dates(date(2, 1, 1), date(9998, 1, 1)),
    completed_at=st.none() | st.integers(0, at(2040, 1, 1)),
)
PROJECTS = st.builds(
    lambda milestones, status: Project(
        "p", "P", "Acme", milestones={m.id: m for m in milestones}, status=status
    ),
    st.lists(MILESTONES, max_size=9),
    st.sampled_from([ProjectStatus.ACTIVE, ProjectStatus.ACTIVE, ProjectStatus.ON_HOLD]),
)


@given(project=PROJECTS, waiting=st.integers(0, 40), tag=st.sampled_from(LANGUAGES))
def test_the_sentence_is_whole(project: Project, waiting: int, tag: str) -> None:
    found = told(project, tag, waiting)
    assert "{" not in str(found)
    assert found.rest.endswith(".")
    words = {0: {"en": "Nothing", "de": "nichts"}, 1: {"en": "One", "de": "Eine"}}
    assert words.get(waiting, {}).get(tag, speak(tag).count(waiting)) in found.lead
    named = [*project.answers.in_progress[:3], *project.answers.next[:1]]
    if project.status is ProjectStatus.ACTIVE:
        assert all(milestone.title in found.rest for milestone in named)


@given(title=st.text("{}0a!:.", min_size=1))
def test_a_title_is_never_taken_for_a_placeholder(title: str) -> None:
    project = Project("p", "P", "Acme", milestones={"m": Milestone("m", title)})
    for tag in LANGUAGES:
        assert title in told(project, tag, 2).rest
