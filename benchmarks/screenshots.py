"""``python -m benchmarks.screenshots``: the page of a build in a browser: faults, and pictures.

The page is opened as a phone and a desktop show it, light and dark, in a Chromium of this machine.
A fault is a message on the console, a request to anywhere, a page wider than the screen, and a
picture without a name for those who do not see it. Needs ``pip install playwright``, which drives
the browser.
"""

import argparse
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from hw.emit.page.page import FILE
from model.refusal import Refusal, refusing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ElementHandle, FloatRect, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Names that a Chromium has on the PATH."""

LARGEST = 300_000
"""Bytes of a picture at most."""

COLOURS = (64, 32, 16, 8)
"""Colours of a picture: as many of these as keep it small enough."""

MARGIN = 24
"""Pixels beside a section in its picture."""

NAMELESS = """
() => [...document.querySelectorAll("img, svg")].filter(picture =>
  !picture.closest("[aria-hidden=true]") && !picture.alt &&
  !picture.closest("[role=img][aria-label]")).map(picture => picture.outerHTML.slice(0, 80))
"""
WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass(frozen=True, kw_only=True)
class View:
    """A screen: its name, its width and height in CSS pixels, and how many dots a pixel has."""

    name: str
    width: int
    height: int
    scheme: str = "light"
    dots: int = 1


VIEWS = (
    View(name="phone", width=390, height=1700, dots=2),
    View(name="desktop", width=1280, height=1500),
    View(name="dark", width=1280, height=1500, scheme="dark"),
)
"""Screens that the page is checked and drawn on; every section is drawn on the second."""


def chromium(given: Path | None = None) -> Path | None:
    """The browser that is given, or the first of `CHROMIUM` on the PATH; None if there is none."""
    found = [given] if given else map(shutil.which, CHROMIUM)
    return next((Path(path) for path in found if path), None)


@contextmanager
def browser(path: Path) -> Iterator["Browser"]:
    """A headless browser, which ends with the block."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Refusal("playwright is not installed; get it with: pip install playwright") from None
    with sync_playwright() as driver:
        # Without its sandbox Chromium also runs for root, as in a container; the page is our own.
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(started: "Browser", page: Path, view: View) -> Iterator[tuple["Page", list[str]]]:
    """The page in a view, and its faults, one line each."""
    context = started.new_context(
        viewport={"width": view.width, "height": view.height}, device_scale_factor=view.dots,
        color_scheme="dark" if view.scheme == "dark" else "light", is_mobile=view.dots > 1,
    )  # fmt: skip
    faults: list[str] = []
    shown, address = context.new_page(), page.absolute().as_uri()
    shown.on("console", lambda message: faults.append(f"console: {message.text}"))
    shown.on("pageerror", lambda error: faults.append(f"error: {error}"))
    shown.on("request", lambda request: faults.append(f"asks for {request.url}")
             if request.url != address and not request.url.startswith("data:") else None)
    shown.goto(address, wait_until="load")
    for each in shown.query_selector_all("details"):
        each.evaluate("each => { each.open = true }")  # what is closed may be too wide as well
    wide, screen = shown.evaluate(WIDTHS)
    if wide > screen:
        faults.append(f"is {wide} pixels wide on a screen of {screen}")
    faults += [f"picture without a name: {text}" for text in shown.evaluate(NAMELESS)]
    for each in shown.query_selector_all("details"):
        each.evaluate("each => { each.open = false }")
    yield shown, [f"{view.name}: {fault}" for fault in faults]
    context.close()


def check(started: "Browser", page: Path) -> list[str]:
    """The faults of a page in all views, one line each."""
    found = []
    for view in VIEWS:
        with opened(started, page, view) as (_, faults):
            found += faults
    return found


def draw(started: "Browser", page: Path, out: Path) -> list[Path]:
    """Write a picture of the page's beginning in every view, and of each section, into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    for view in VIEWS:
        with opened(started, page, view) as (shown, _):
            drawn.append(_written(shown.screenshot(), out / f"{view.name}.png"))
            if view.name != "desktop":
                continue
            for section in shown.query_selector_all("section"):
                path = out / f"{section.get_attribute('id')}.png"
                taken = shown.screenshot(clip=_around(section), full_page=True)
                drawn.append(_written(taken, path))
    return drawn


def _around(section: "ElementHandle") -> "FloatRect":
    """The place of a section on the page, with a margin."""
    box = section.bounding_box()
    assert box is not None, "a section is not shown"
    return {"x": box["x"] - MARGIN, "y": box["y"] + 1, "width": box["width"] + 2 * MARGIN,
            "height": box["height"]}


def _written(png: bytes, path: Path) -> Path:
    """Write a picture with as many colours as keep it within `LARGEST`."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        small = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        if len(small.getvalue()) <= LARGEST:
            break
    path.write_bytes(small.getvalue())
    return path


@refusing
def main(argv: Sequence[str] | None = None) -> int:
    """Check a page and draw it; 1 if it has a fault, 2 if there is no page or no browser."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.screenshots", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path, metavar="BUILD", help="the folder of a build")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder for the pictures")
    parser.add_argument("--chromium", type=Path, metavar="PATH",
                        help=f"the browser (default: the first on the PATH of {CHROMIUM})")
    given = parser.parse_args(argv)
    page, path = given.build / FILE, chromium(given.chromium)
    if not page.is_file():
        raise Refusal(f"{page}: no such file; give the folder of a build")
    if path is None or not path.is_file():
        raise Refusal(f"no Chromium at {path}" if path else
                      f"no Chromium on the PATH ({', '.join(CHROMIUM)}); name one by --chromium")
    with browser(path) as started:
        faults = check(started, page)
        for fault in faults:
            print(f"failed: {fault}")
        for drawn in draw(started, page, given.out):
            print(f"{drawn}: {drawn.stat().st_size:,} bytes")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
