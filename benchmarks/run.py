"""Run all benchmarks once and print the table.

    make bench                       the whole of it, some minutes
    make bench ARGS=--quick          a short run, to see that it works
    make bench ARGS="--json FILE"    the numbers in a file, too

Everything is on SQLite with WAL and synchronous=FULL, in a folder that is made for the run and deleted
after it.  That folder should be on the disk that the databases will be on: see ``--folder``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import monotonic

from measures import Bench
from table import as_json, text

RESULTS = Path(__file__).parent / "results"
ROUNDS, FEW = 30, 5


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds: rough numbers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here, too")
    parser.add_argument("--folder", type=Path, default=RESULTS, help="where to put the databases")
    parser.add_argument("--only", metavar="WORD", default="", help="measures with this in the name")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory(dir=given.folder.resolve()) as folder:
        bench = Bench(Path(folder), FEW if given.quick else ROUNDS)
        for name, measure in bench.measures():
            if given.only in name:
                start = monotonic()
                rows += measure()
                print(f"{name}: {monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(text(rows))
    if given.json:
        given.json.write_text(json.dumps(as_json(rows), indent=1) + "\n")


if __name__ == "__main__":
    main()
