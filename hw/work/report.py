"""The work of hw.report: the pages of a build folder, made again of what the build has kept."""

import argparse
import webbrowser
from pathlib import Path
from zipfile import BadZipFile

from rich.console import Console

from hw.emit import report as reports
from hw.emit.page import page
from hw.emit.page.section import Told
from hw.emit.report import Report
from hw.emit.table import show
from hw.flow.folder import Folder
from hw.flow.taken import place
from hw.flow.told import told
from model.files import reason, write_text
from model.refusal import Refusal, refused, say


def run(given: argparse.Namespace) -> int:
    """Write the pages and print the tables; returns the exit status."""
    folder = Folder(given.folder)
    with folder.locked(given.command):
        tells = _told(folder.path)
        for name, text in page.texts(tells).items():
            write_text(folder.path / name, text)
    show(tells.report, Console())
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


def _report(path: Path) -> Report:
    try:
        return reports.read(path)
    except FileNotFoundError:
        raise Refusal(f"{path}: no such file; give the folder of a build") from None
    except OSError as error:
        raise Refusal(refused(error, path)) from None
    except ValueError:
        raise Refusal(f"{path}: no report of a build; run hw.build again") from None
