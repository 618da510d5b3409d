"""The test kit itself: mistakes are found and the broken law is named; the clock stands still."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from portalkit import storage
from portalkit.storage import AccessLog, FileStore, HasPath, Head, Row, Store, TakesTurns, offers
from portalkit.storage.directory import DirectoryFiles
from portalkit.storage.memory import MemoryAccessLog, MemoryFiles, MemoryStore
from portalkit.testing import AccessLogContract, FileStoreContract, FixedClock, StoreContract
from tests.storage import mistakes as m

pytest_plugins = ["pytester"]


class Stores(StoreContract):
    durable = False
    takes_turns = True


class Reopened(StoreContract):
    """The contract for stores that can be opened again."""

    takes_turns = True

    def reopen(self, store: Store) -> Store:
        return getattr(store, "opened_again", lambda: store)()  # type: ignore[no-any-return]


class Files(FileStoreContract):
    durable = False


class Accesses(AccessLogContract):
    durable = False


def expanded(check: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The arguments of every case of a parametrised test."""
    cases: list[dict[str, Any]] = [{}]
    for mark in getattr(check, "pytestmark", ()):
        name, values = mark.args
        cases = [{**case, name: value} for case in cases for value in values]
    yield from cases


def breaks(check: Callable[..., None], make: Callable[[], object]) -> list[str]:
    """What a test says about an object, for each of its cases that fails."""
    said = []
    for case in expanded(check):
        try:
            check(make(), **case)
        except (Exception, pytest.fail.Exception) as error:
            said.append(error.__notes__[0])
    return said


@pytest.mark.parametrize(
    ("law", "broken", "test"),
    [
        (1, m.RaisesForTheUnknown, "an_unknown_project_is_none"),
        (2, m.Strips, "rows_come_back_as_they_went_in"),
        (2, m.ReadsAndWritesJson, "rows_come_back_as_they_went_in"),
        (2, m.KeepsNumbersAsFloats, "rows_come_back_as_they_went_in"),
        (2, m.ForgetsNothingIsThere, "empty_columns_come_back_empty"),
        (2, m.TakesZeroForNothing, "empty_columns_come_back_empty"),
        (2, m.CutsProjects, "ids_come_back_whole"),
        (3, m.IncludesAfter, "after_is_exclusive"),
        (3, m.IgnoresTheLimit, "after_is_exclusive"),
        (3, m.GivesTheNewestAscending, "newest_turns_the_order_round"),
        (3, m.StartsTheNewestAtZero, "newest_turns_the_order_round"),
        (3, m.LimitsBeforeItSelects, "history_of_a_milestone_or_subject"),
        (3, m.TrustsWhatTheCallerKnows, "load_gives_what_the_caller_lacks"),
        (4, m.TakesEmptyForAnything, "a_wrong_expected_leaves_nothing"),
        (4, m.RedactsThenChecks, "the_chain_counts_and_not_the_version"),
        (4, m.ComparesVersions, "the_chain_counts_and_not_the_version"),
        (5, m.ChecksThenWrites, "of_racing_commits_one_wins"),
        (5, m.HoldsNoTurn, "a_turn_keeps_other_writers_waiting"),
        (5, m.HangsInASecondTurn, "a_turn_may_be_taken_again_inside"),
        (6, m.LoadsInTwoSteps, "a_reader_sees_whole_commits"),
        (6, m.WritesInTwoSteps, "a_reader_sees_whole_commits"),
        (6, m.IsBusyOnce, "a_reader_sees_whole_commits"),
        (6, m.WritesRowByRow, "a_commit_that_breaks_off_leaves_nothing"),
        (6, m.IgnoresACommitWithoutRows, "a_commit_without_rows_changes_snapshot_and_columns"),
        (7, m.ErasesByPrefix, "projects_do_not_see_each_other"),
        (7, m.FindsByWildcard, "projects_do_not_see_each_other"),
        (7, m.RedactsEverywhere, "projects_do_not_see_each_other"),
        (8, m.RedactsUpTo, "redact_empties_exactly_the_named_rows"),
        (8, m.RedactsTheDigestToo, "redact_empties_exactly_the_named_rows"),
        (8, m.RedactsTheDataToo, "redact_empties_exactly_the_named_rows"),
        (9, m.ForgetsTheSnapshot, "no_document_keeps_the_snapshot"),
        (9, m.LetsTheSnapshotDrift, "no_document_keeps_the_snapshot"),
        (10, m.GrantsTwice, "a_lease_runs_out"),
        (10, m.ClaimsWithoutALock, "a_lease_is_granted_once"),
        (10, m.MovesTheHeadToClaim, "a_claim_changes_nothing_but_the_lease"),
        (10, m.ClaimsWhatIsNotDue, "a_claim_takes_the_oldest_that_are_due"),
        (10, m.ReleasesLeases, "a_commit_leaves_or_releases_the_lease"),
        (10, m.KeepsLeases, "a_commit_leaves_or_releases_the_lease"),
        (10, m.LeasesIn32Bits, "a_lease_of_today_holds"),
        (10, m.CarriesLeasesIn32Bits, "a_lease_of_today_holds"),
        (11, m.LeavesTheSnapshot, "erase_leaves_nothing"),
        (11, m.LeavesTheRef, "erase_leaves_nothing"),
        (12, m.ListsDocuments, "a_list_never_carries_documents"),
        (12, m.ListsNulls, "a_list_leaves_out_nulls_and_breaks_ties"),
        (12, m.LeavesTiesToChance, "a_list_leaves_out_nulls_and_breaks_ties"),
        (12, m.PagesByTheValueAlone, "paging_gives_every_head_once"),
        (12, m.PagesIn32Bits, "paging_gives_every_head_once"),
        (12, m.RepeatsTheLastOfAPage, "paging_gives_every_head_once"),
        (12, m.ListsTheOldestUpdateFirst, "the_most_recently_updated_comes_first"),
        (12, m.ForgetsTheAccount, "filters_of_a_list"),
        (12, m.ForgetsTheStatus, "filters_of_a_list"),
        (12, m.IgnoresTheCaseOfAsciiOnly, "text_is_searched_ignoring_case"),
        (12, m.SearchesByWildcard, "text_is_searched_ignoring_case"),
        (12, m.ListsWhatWasFirst, "a_list_follows_the_columns"),
        (13, m.SharesRefs, "a_ref_is_unique_within_an_account"),
        (13, m.ChecksTheRefAcrossAccounts, "a_ref_is_unique_within_an_account"),
        (13, m.ChecksTheRefOfNewProjectsOnly, "a_ref_cannot_be_taken_over_later"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_store_is_found(law: int, broken: type[Store], test: str) -> None:
    """Each mistake fails a law, and the failure names it; a store without it passes."""
    check = getattr(Stores(), f"test_{test}")
    said = breaks(check, broken)
    assert said
    assert all(f"Store law {law}:" in note for note in said)
    assert breaks(check, MemoryStore) == []


@pytest.mark.parametrize(
    ("table", "column", "test"),
    [
        *(
            (Head, column, "a_head_comes_back_as_it_went_in")
            for column in (
                "waiting_since", "waiting_us_since", "next_due", "pending", "questions",
                "created_at", "updated_at", "wake_at",
            )
        ),
        (Row, "at", "rows_come_back_as_they_went_in"),
    ],
)  # fmt: skip
def test_a_column_of_32_bits_is_found(table: type[Head | Row], column: str, test: str) -> None:
    """Instants do not fit into 32 bits, and no column of them is taken on trust."""
    narrow = partial(m.Keeps, table, column, lambda number: number % 2**31)
    (said,) = breaks(getattr(Stores(), f"test_{test}"), narrow)
    assert "Store law 2:" in said


@pytest.mark.parametrize(
    ("table", "column", "length", "test"),
    [
        (Head, "account", 199, "a_head_comes_back_as_it_went_in"),
        (Head, "ref", 199, "a_head_comes_back_as_it_went_in"),
        (Head, "client", 199, "a_head_comes_back_as_it_went_in"),
        (Head, "client_name", 199, "a_head_comes_back_as_it_went_in"),
        (Head, "title", 199, "a_head_comes_back_as_it_went_in"),
        (Head, "figures", 255, "a_head_comes_back_as_it_went_in"),
        (Head, "doc", 65_535, "a_head_comes_back_as_it_went_in"),
        (Row, "data", 65_535, "rows_come_back_as_they_went_in"),
        (Row, "project", 63, "ids_come_back_whole"),
        (Row, "actor", 25, "ids_come_back_whole"),
        (Row, "milestone", 25, "ids_come_back_whole"),
        (Row, "subject", 25, "ids_come_back_whole"),
        (Row, "kind", 25, "ids_come_back_whole"),
    ],
)
def test_a_column_that_is_too_short_is_found(
    table: type[Head | Row], column: str, length: int, test: str
) -> None:
    """What the portal lets in comes back whole, or the law is named."""
    short = partial(m.Keeps, table, column, lambda text: text[:length])
    (said,) = breaks(getattr(Stores(), f"test_{test}"), short)
    assert "Store law 2:" in said


@pytest.mark.parametrize(
    ("law", "broken", "test"),
    [
        (5, m.LocksEachForItself, "of_racing_processes_one_wins"),
        (6, m.WritesLater, "what_is_declared_is_so"),
    ],
)
def test_a_mistake_beyond_one_process_is_found(law: int, broken: type[Store], test: str) -> None:
    """What only shows when the data are opened again is found by `reopen`."""
    (said,) = breaks(getattr(Reopened(), f"test_{test}"), broken)
    assert f"Store law {law}:" in said


@pytest.mark.parametrize(
    ("law", "broken", "test"),
    [
        (1, m.ReadsOnce, "short_reads_lose_nothing"),
        (1, m.HashesTheFirstChunk, "what_was_saved_can_be_opened"),
        (2, m.TakesOneByteMore, "a_stream_beyond_the_limit_is_refused"),
        (2, m.KeepsHalves, "a_stream_beyond_the_limit_is_refused"),
        (2, m.SwallowsErrors, "a_stream_that_raises_leaves_nothing"),
        (3, m.NamesByDigest, "keys_are_never_shared"),
        (3, m.NamesWithFolders, "keys_are_never_shared"),
        (3, m.ListsByPrefix, "keys_can_be_listed"),
        (3, m.ListsTheYoungToo, "keys_can_be_listed"),
        (3, m.CountsAgesInSeconds, "the_age_of_keys_is_counted_in_milliseconds"),
        (3, m.TakesAnyAgeForOld, "the_age_of_keys_is_counted_in_milliseconds"),
        (4, m.MissesLate, "an_unknown_key_is_missing_at_the_call"),
        (4, m.CountsTheLastByteIn, "exactly_the_bytes_asked_for"),
        (4, m.StartsAtAChunk, "exactly_the_bytes_asked_for"),
        (4, m.ReadsAllBeforeItGivesAny, "a_large_file_is_read_in_chunks"),
        (4, m.TrustsKeys, "an_unknown_key_is_missing_at_the_call"),
        (5, m.MissesWhatItDeletes, "delete_is_final_and_may_be_repeated"),
        (5, m.DeletesTheProject, "delete_is_final_and_may_be_repeated"),
    ],
)
def test_a_mistake_in_a_file_store_is_found(law: int, broken: type[FileStore], test: str) -> None:
    check = getattr(Files(), f"test_{test}")
    said = breaks(check, broken)
    assert said
    assert all(f"FileStore law {law}:" in note for note in said)
    assert breaks(check, MemoryFiles) == []


def test_a_sweep_that_takes_the_bytes_of_a_save_is_found(tmp_path: Path) -> None:
    """A file store that sweeps in another unit of time deletes what is being saved."""
    contract = Files()
    contract.sweeps = True
    check = contract.test_a_sweep_spares_a_save_that_is_under_way
    (said,) = breaks(check, lambda: m.SweepsWhatIsYoung(tmp_path))
    assert "FileStore law 6:" in said
    assert breaks(check, lambda: DirectoryFiles(tmp_path)) == []


@pytest.mark.parametrize(
    ("law", "broken", "test"),
    [
        (1, m.GivesTheNewestFirst, "a_use_is_remembered"),
        (1, m.GivesThoseOfAll, "a_use_is_remembered"),
        (2, m.NotesEveryUse, "a_use_is_noted_once_an_hour"),
        (2, m.NotesTheLastUse, "a_use_is_noted_once_an_hour"),
        (2, m.NotesOneLink, "a_use_is_noted_once_an_hour"),
        (3, m.ForgetsAll, "erase_forgets_a_project"),
        (3, m.ForgetsNothing, "erase_forgets_a_project"),
    ],
)
def test_a_mistake_in_an_access_log_is_found(law: int, broken: type[AccessLog], test: str) -> None:
    check = getattr(Accesses(), f"test_{test}")
    said = breaks(check, broken)
    assert said
    assert all(f"AccessLog law {law}:" in note for note in said)
    assert breaks(check, MemoryAccessLog) == []


@pytest.mark.parametrize("contract", [StoreContract, FileStoreContract, AccessLogContract])
def test_every_test_names_a_law_and_every_law_has_one(contract: type) -> None:
    """The numbers in the kit are those of the laws of `portalkit.storage`."""
    seam = contract.__name__.removesuffix("Contract")
    laws = re.search(
        rf"Laws of an? `{seam}`:\n\n(.*?)(?=\n\nLaws|\Z)", storage.__doc__ or "", re.DOTALL
    )
    assert laws
    stated = set(re.findall(r"^(\d+)\. ", laws[1], re.MULTILINE))
    named = {}
    for name, test in inspect.getmembers(contract, inspect.isfunction):
        if name.startswith("test_"):
            law = re.match(rf"{seam} law (\d+): .*[.:]", test.__doc__ or "", re.DOTALL)
            assert law, name
            named[name] = law[1]
    assert set(named.values()) == stated


@pytest.mark.parametrize("flag", ["durable", "takes_turns", "scrubs"])
def test_a_store_that_declares_what_it_is_not_is_found(flag: str) -> None:
    """A declaration is checked, so none of them can hide a law that is broken."""
    contract = Stores()
    setattr(contract, flag, not getattr(contract, flag))
    assert len(breaks(contract.test_what_is_declared_is_so, MemoryStore)) == 1


def test_a_file_store_that_declares_what_it_is_not_is_found() -> None:
    contract = Files()
    contract.has_path = True
    assert len(breaks(contract.test_what_is_declared_is_so, MemoryFiles)) == 1


class WithAttributes(MemoryFiles):
    """Keeps where it is, and when it was cleaned, under the names that come to mind first."""

    def __init__(self) -> None:
        super().__init__()
        self.path = self.sweep = "/srv/files"


@pytest.mark.parametrize(
    "test", ["what_is_declared_is_so", "an_unknown_key_is_missing_at_the_call"]
)
def test_an_attribute_offers_nothing(test: str) -> None:
    """Only what can be called is taken for an optional part of a file store."""
    assert breaks(getattr(Files(), f"test_{test}"), WithAttributes) == []
    assert not offers(WithAttributes(), HasPath)
    assert offers(MemoryStore(), TakesTurns)


def test_a_contract_without_a_store_says_what_to_do(pytester: pytest.Pytester) -> None:
    """Who forgets the fixture reads which one to override."""
    pytester.makepyfile(
        """
        from portalkit.testing import StoreContract

        class TestMine(StoreContract):
            pass
        """
    )
    result = pytester.runpytest("-k", "unknown_project")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*override the fixture `store`*"])


def test_the_law_is_printed_below_the_error(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from portalkit.storage.memory import MemoryStore
        from portalkit.testing import StoreContract

        class Forgetful(MemoryStore):
            def commit(self, *args, **options):
                pass

        class TestForgetful(StoreContract):
            durable = False

            @pytest.fixture
            def store(self):
                return Forgetful()
        """
    )
    result = pytester.runpytest("-k", "after_is_exclusive")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*assert [[]] == *", "*Broken: Store law 3: ``after`` is *"])


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert clock() == clock() == 1_774_785_600_000
    clock.advance(seconds=1.5)
    clock.advance(days=-1)
    assert clock() == 1_774_785_600_000 + 1500 - 86_400_000
    clock.set(datetime(2026, 3, 29, 14, tzinfo=timezone(timedelta(hours=2))))
    assert clock() == 1_774_785_600_000


def test_the_clock_wants_to_know_the_zone() -> None:
    with pytest.raises(TypeError):
        FixedClock(datetime(2026, 1, 1))
