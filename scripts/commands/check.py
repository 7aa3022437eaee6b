"""``btalpha check``: is the data what it should be?"""

import csv
from dataclasses import dataclass
from pathlib import Path

from ...feeds.quality import Finding, read_dataset, run_checks
from ..check_table import example_rows, print_findings, to_plain
from ..files import to_json
from ..output import check_writable, replaced_folder, write_whole
from ..progress import stages

FILES = ("check.json", "examples.csv")
EXAMPLES = 5
"""Examples of each finding in the JSON file."""
EXAMPLES_IN_CSV = 1000


@dataclass(frozen=True)
class Sources:
    """The files that are checked together; see :func:`btalpha.feeds.quality.read_dataset`."""

    bars: Path
    members: Path | None = None
    index: str | None = None
    statements: Path | None = None
    benchmark: Path | None = None
    calendar: str | None = "XSHG"


def run(
    sources: Sources, *, json_file: Path | None = None, out: Path | None = None, quiet: bool = False
) -> bool:
    """Check the files, tell what was found, and return whether there is no error among it.

    Parameters
    ----------
    sources
        The files.
    json_file
        Where to write the findings as JSON; ``-`` prints them instead of the table.
    out
        A folder for ``check.json`` and ``examples.csv``, which has up to 1,000 examples of each finding.
    quiet
        Draw no progress.

    Raises
    ------
    DataError, ValueError, OSError
        For what the user can mend; nothing has been written then.
    """
    if out is not None:
        out = out.resolve()
        check_writable(out, FILES)
    printed = json_file is not None and str(json_file) == "-"
    with stages(quiet=quiet) as shown:
        shown.begin("read the files")
        data = read_dataset(**vars(sources), limit=EXAMPLES if out is None else EXAMPLES_IN_CSV)
        shown.begin("check them")
        findings = run_checks(data, progress=shown.count)
    text = to_json(to_plain(findings, data, EXAMPLES))
    if json_file is not None and not printed:
        write_whole(json_file, text)
    if out is not None:
        _write_folder(out, findings, text)
    if printed:
        print(text, end="")
    else:
        print_findings(findings, data)
        _tell_files(json_file, out)
    return not any(finding.failed for finding in findings)


def _write_folder(out: Path, findings: list[Finding], text: str) -> None:
    with replaced_folder(out, FILES) as folder:
        (folder / "check.json").write_text(text, encoding="utf-8")
        with (folder / "examples.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["check", "level", "symbol", "date", "value"])
            writer.writeheader()
            writer.writerows(example_rows(findings))


def _tell_files(json_file: Path | None, out: Path | None) -> None:
    written = [
        str(path) for path in (json_file, out and out / "check.json", out and out / "examples.csv") if path
    ]
    if written:
        print(f"Written: {', '.join(written)}")
