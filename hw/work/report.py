"""The work of hw.report: the pages of a build folder, made again of what the build has kept."""

import argparse
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

from rich.console import Console
from rich.table import Table

from hw.emit import endpoints
from hw.emit import report as reports
from hw.emit.page import page
from hw.emit.page.section import Told
from hw.emit.place import ENDPOINTS
from hw.emit.report import Report
from hw.emit.table import endpoint_tables, show
from hw.flow.folder import Folder
from hw.flow.taken import place
from hw.flow.told import paths, told
from model.files import reason, write_text
from model.refusal import Refusal, refused, say


def run(given: argparse.Namespace) -> int:
    """Write the pages and print the tables; returns the exit status."""
    folder, console = Folder(given.folder), Console()
    with folder.locked(given.command):
        tells = _told(folder.path)
        for name, text in page.texts(tells).items():
            write_text(folder.path / name, text)
    if given.timing:
        for table in _timing(folder.path, tells.report, given.at):
            console.print(table)
    else:
        show(tells.report, console)
    html = folder.path / page.FILE
    print(html)
    if given.open and not webbrowser.open(html.absolute().as_uri()):
        say(f"no browser could be started; open {html} in one")
    return 0


def _told(folder: Path) -> Told:
    """What the pages tell of.

    Raises
    ------
    Refusal
        The folder has no report of a build, or a file beside it is damaged.
    """
    def find(name: str) -> Path | None:
        path = folder / place(name)
        return path if path.is_file() else None

    report = _report(folder / reports.FILE)
    try:
        return told(report, find)
    except (ValueError, KeyError, OSError, BadZipFile) as error:
        raise Refusal(f"{folder}: a file that the report was made of is damaged ({reason(error)}); "
                      "run hw.build again") from None


def _timing(folder: Path, report: Report, at: Sequence[float] | None) -> list[Table]:
    """The tables of --timing, for these clocks in MHz or for some above the one that was reached.

    Raises
    ------
    Refusal
        The build has no endpoints.
    """
    path = folder / place(ENDPOINTS)
    if report.timing is None:
        raise Refusal(f"{folder}: the design was not placed; --timing needs a build that was")
    try:
        registers = endpoints.read(path, paths(layer.name for layer in report.layers))
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file; run hw.build again") from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise Refusal(f"{path}: a damaged file ({reason(error)}); run hw.build again") from None
    if not registers:
        raise Refusal(f"{path}: no endpoints that add up to the clock that nextpnr reports; there "
                      "is nothing to count")
    clocks = [clock * 1e6 for clock in at] if at else endpoints.faster(registers)
    return endpoint_tables(registers, clocks)


def _report(path: Path) -> Report:
    try:
        return reports.read(path)
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file; give the folder of a build") from None
    except OSError as error:
        raise Refusal(refused(error, path)) from None
    except ValueError:
        raise Refusal(f"{path}: no report of a build; run hw.build again") from None
