"""The page of a build: its sections and figures, what is unknown, and who can read it."""

import base64
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from emit_parsed import Page
from PIL import Image
from test_emit_report import DONE, LAYER, REPORT

from boards.resources import Resources
from hw.emit import paper, shown
from hw.emit.activations import Activations
from hw.emit.critical import LOGIC, OUTPUT, SETUP, WIRES, Step
from hw.emit.endpoints import Endpoints, Slow
from hw.emit.page import floor, gallery, network, page
from hw.emit.page.blocks import Graph
from hw.emit.page.section import Told, bottlenecks
from hw.emit.plot import inline
from hw.emit.report import Counts, LayerReport, Proofs, Report
from hw.emit.sections.section import energy_text
from hw.emit.shown import Shown, choose
from hw.flow.report import ReportStep
from hw.flow.sources import reached
from hw.network.nodes.node import IMAGE
from hw.plan.front import Front, Point

FIRST = replace(LAYER, share=0.75, sources=(IMAGE,), does="3x3 convolution, sign", toggled=DONE)
SECOND = replace(FIRST, name="conv2", cycles=1176, share=0.25, sources=("conv1",))
PATH = (
    Step(layer="conv1", signal="mvu.sum", kind=OUTPUT, seconds=0.5e-9),
    Step(layer="conv1", signal="mvu.sum", kind=WIRES, seconds=1.5e-9),
    Step(layer="conv1", signal="mvu.carry", kind=LOGIC, seconds=1e-9),
    Step(layer="conv2", signal="skid.full", kind=WIRES, seconds=2.5e-9),
    Step(layer="conv2", signal="skid.full", kind=SETUP, seconds=0.0),
)
ENDS = Endpoints(
    clocks=(115.1e6, 120.9e6, 126.6e6, 138.1e6, 161.1e6), count=4321, holding=(1, 3, 9, 27, 1081),
    slowest=(Slow(layer="conv2", name="skid.full", pin="CE", count=16, holding=(1, 2, 2, 5, 16),
                  seconds=8.688e-9),
             Slow(layer="conv1", name="", pin="DI", count=1200, holding=(0, 0, 0, 1, 3),
                  seconds=7.5e-9)),
)
SIGNS = (
    Activations(layer="conv1", images=4, values=100, ones=(50, 0, 100, 30)),
    Activations(layer="conv2", images=4, values=100, ones=(80, 10)),
)
TWO = replace(
    REPORT, layers=(FIRST, SECOND), title="net for ulx3s 85F", activations=SIGNS,
    timing=replace(REPORT.timing, path=PATH, endpoints=ENDS),
    network={**REPORT.network, "classes": ["cat", "<b>dog</b>", "owl"], "notes": ["a & b"]},
    counts=replace(REPORT.counts, synthesised=Resources(lut=1100, ff=98, ebr=7)),
)
PLANNED = replace(
    TWO, simulation=None, timing=None, activations=(),
    counts=Counts(estimate=Resources(lut=1000, ff=90, ebr=7)),
    energy=replace(TWO.energy, activity=None),
)
"""Of a build that ended when it was planned."""

IMAGES = np.random.default_rng(1).integers(0, 256, (4, 1, 5, 6), np.uint8)


def answered(*, labels: bool = True) -> Shown:
    """Four images of which the third is wrong."""
    scores = np.array([[5, 1, -2], [-4, 9, 0], [7, 3, 6], [0, 2, 11]])
    right = np.array([0, 1, 2, 2])
    return choose("images.npy", IMAGES, right if labels else None, scores)


FLOOR = {"conv1": {(3, 2): 4, (4, 2): 1}, "conv2": {(4, 2): 2, (9, 7): 3}, "rest": {(0, 5): 1}}


FRONT = Front(
    network="00", board="ulx3s", device="LFE5U-85F", clock=80e6, available=REPORT.available,
    points=tuple(
        Point(interval=interval, frames_per_second=80e6 / interval, latency_cycles=9000,
              latency=1e-4, estimate=Resources(lut=lut, ff=70, ebr=3), layer="conv2", part=part)
        for interval, lut, part in ((4704, 700, "write"), (1176, 1000, "product"), (784, 1900, "x"))
    ),
)


def told(report: Report = TWO, given: Shown | None = None) -> Told:
    if given is None:
        return Told(report=report)
    return Told(report=report, shown=given, floor=FLOOR, front=FRONT)


def html(given: Told) -> str:
    return page.html(given, page.content(given))


WHOLE = html(told(given=answered()))
REPORTS = {"whole": told(given=answered()), "unlabelled": told(given=answered(labels=False)),
           "planned": told(PLANNED)}


@pytest.fixture(params=REPORTS)
def read(request: pytest.FixtureRequest) -> Page:
    return Page(html(REPORTS[request.param]))


def test_every_section_is_there_and_can_be_gone_to(read: Page) -> None:
    names = [name for name, _ in page.sections()]
    assert [each["id"] for each in read.all("section")] == names
    assert [each["href"] for each in read.all("a")] == [f"#{name}" for name in names]
    assert read.said("h2") == [section.heading for _, section in page.sections()]
    assert read.said("h1") == ["net for ulx3s 85F"]
    assert {"answers", "network", "layers", "fabric", "path", "endpoints", "energy", "signs",
            "gallery", "floor", "front", "making"} <= set(names)


def test_nothing_is_asked_for_outside_the_page(read: Page) -> None:
    naming = ("src", "href", "srcset", "action", "poster", "data", "background", "xlink:href")
    named = [attributes[name] for _, attributes in read.elements
             for name in naming if name in attributes]
    assert named and all(each.startswith(("#", "data:image/png;base64,")) for each in named)
    style = "".join(read.said("style"))
    assert "color-scheme" in style and "url(" not in style and "@import" not in style
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in read.elements}
    assert not any(name.startswith("on") for _, found in read.elements for name in found)
    policy = next(each for each in read.all("meta") if "http-equiv" in each)
    assert policy["content"].startswith("default-src 'none'")


def test_a_phone_shows_it_and_a_screen_reader_reads_it(read: Page) -> None:
    view = next(each for each in read.all("meta") if each.get("name") == "viewport")
    assert view["content"] == "width=device-width, initial-scale=1"
    assert read.all("html") == [{"lang": "en"}]
    assert all(each["scope"] in ("col", "row") for each in read.all("th"))
    drawn = [each for each in read.all("svg") if each.get("aria-hidden") != "true"]
    named = [each for _, each in read.elements if each.get("role") == "img"]
    assert named and all(each["aria-label"] for each in named)
    # matplotlib's drawing has its name on the element around it.
    assert sum("role" not in each for each in drawn) == ("plot" in read.classes)
    assert all(each["alt"] for each in read.all("img"))
    scrolled = [each for each in read.all("div") if each.get("class", "").startswith("scroll")]
    assert len(scrolled) == len(read.all("table")) and all(each["tabindex"] for each in scrolled)
    names = [found["id"] for _, found in read.elements if "id" in found]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("ground", ["back", "card"])
@pytest.mark.parametrize("ink", ["text", "soft", "bar", "mark", "good", "bad"])
def test_text_has_the_contrast_that_wcag_asks_for(scheme: int, ground: str, ink: str) -> None:
    style = Path(page.__file__).with_name("page.css").read_text()
    colours = dict(re.findall(r"--(\w+): #(\w{6});", style.split("@media")[scheme]))
    light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, WCAG 2.2."""
    parts = [int(colour[start:start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_figures_are_those_of_the_report() -> None:
    found, kept = Page(WHOLE), json.loads(TWO.text())
    counts = kept["counts"]
    for name, field in (("LUT4", "lut"), ("flip-flops", "ff"), ("block memories", "ebr")):
        there = kept["available"][field]
        rows = found.tables[f"{name}: {there:,} in the {kept['device']}"]
        assert rows[-1] == [
            "all", *(f"{counts[step][field]:,}" for step in ("estimate", "synthesised", "placed")),
            f"{counts['placed'][field] / there:.1%}",
        ]
        assert rows[1][:3] == [
            "conv1", f"{LAYER.counts.estimate.figures[('lut', 'ff', 'ebr').index(field)]:,}",
            str(kept["layers"][0]["counts"]["synthesised"][field]),
        ]
        assert rows[1][3:] == ["-", "-"]
    folded = found.tables["Layers and their foldings"][1:]
    assert [row[0].split()[0] for row in folded] == [each["name"] for each in kept["layers"]]
    assert [row[1] for row in folded] == [f"{each['cycles']:,}" for each in kept["layers"]]
    energy = found.tables["Energy of a frame in nJ, by layer"]
    accounts = [kept["energy"][name] for name in ("paper", "counter", "activity")]
    assert [f"{each} nJ" for each in energy[-1][1:4]] == [energy_text(each) for each in accounts]
    assert dict(found.tables["Versions"][1:]) == kept["tools"]
    assert dict(found.tables["SHA-256"][1:]) == kept["hashes"]
    assert found.said("strong") == [
        "Yes, on 32 images", "Yes", f"{kept['frames_per_second']:,.0f} frames/s",
        energy_text(kept["energy"]["counter"])]
    assert f"Made by: {kept['command']}" in found.said("p")


def test_the_slowest_layer_is_marked_and_none_where_the_input_is_slower() -> None:
    assert bottlenecks(TWO) == [1]
    rows = Page(WHOLE).tables["Layers and their foldings"][1:]
    assert [row[0] for row in rows] == ["conv1", "conv2 bottleneck"]
    slow = Page(html(told(replace(TWO, interval=5000))))
    assert any("No layer is the bottleneck" in text for text in slow.said("p"))


def test_what_a_build_did_not_come_to_is_said() -> None:
    found = Page(html(told(PLANNED)))
    assert found.said("strong")[:2] == ["Not known", "By estimate"]
    text = " ".join(found.said("li") + found.said("p"))
    for unknown in ("design.v was not simulated", "netlist: not simulated", "not placed",
                    "Not synthesised and not placed", "No floorplan", "the activity is not known",
                    "Whether the clock is reached is not known", "No critical path",
                    "No endpoints: the design was not placed",
                    "No activations: design.v was not simulated", "Not explored"):
        assert unknown in text
    assert found.tables["Energy of a frame in nJ, by layer"][-1][3] == "-"
    assert found.all("img") == []


@pytest.mark.parametrize("broken", [
    {"simulation": replace(REPORT.simulation, differing=2, first_difference="x")},
    {"proofs": Proofs(proved=(), refuted={"sums": "differ at 3"})},
    {"simulation": replace(REPORT.simulation, differing_pytorch=1)},
])  # fmt: skip
def test_hardware_that_differs_is_not_exact(broken: dict) -> None:
    found = Page(html(told(replace(TWO, **broken))))
    assert found.said("strong")[0] == "No"
    assert next(each["class"] for each in found.all("article")) == "card bad"


def test_a_design_that_is_too_large_or_too_slow_is_said_to_be() -> None:
    large = replace(TWO, available=Resources(lut=1200, ff=5000, ebr=8))
    assert Page(html(told(large))).said("strong")[1] == "No"
    assert TWO.timing is not None
    slow = replace(TWO, timing=replace(TWO.timing, achieved=70e6, met=False))
    found = Page(html(told(slow)))
    assert [each["class"] for each in found.all("article")][2] == "card bad"
    assert "Clock: 70.0 MHz reached, 80 MHz asked, NOT met." in found.said("li")


def test_a_clock_that_could_be_higher_is_said_with_its_rate() -> None:
    (said,) = (line for line in Page(html(told(TWO))).said("li") if "--clock max" in line)
    assert said == ("115.1 MHz would be 97,874 frames/s; --clock max builds for the highest clock "
                    "that is met.")


def test_wrong_images_come_first_each_with_its_pixels_and_scores() -> None:
    pictures = Page(WHOLE).all("img")
    assert [each["alt"] for each in pictures] == [
        "image 2, class cat, WRONG: labelled owl", "image 0, class cat, right",
        "image 1, class <b>dog</b>, right", "image 3, class owl, right",
    ]
    for number, each in zip((2, 0, 1, 3), pictures, strict=True):
        content = base64.b64decode(each["src"].partition(",")[2])
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), IMAGES[number, 0])
    assert "owl: 6" in WHOLE and "&lt;b&gt;dog&lt;/b&gt;: 9" in WHOLE
    assert "Of another class than their label: 1 of 4, which come first." in WHOLE


def test_a_place_is_of_the_layer_that_has_most_cells_there() -> None:
    assert floor.owned(FLOOR) == {
        "conv1": [(3, 2)], "conv2": [(4, 2), (9, 7)], "rest": [(0, 5)]}
    found = Page(WHOLE)
    areas = [each for each in found.all("path") if each.get("style", "").startswith("fill: ")]
    assert [each["d"] for each in areas if each["d"].endswith("h1v1h-1z")] == [
        "M3 2h1v1h-1z", "M4 2h1v1h-1zM9 7h1v1h-1z", "M0 5h1v1h-1z"]
    colours = re.findall(
        r'<path style="(?:fill: hsl.*?; )?fill: (oklch.*?|var.*?)" d="M\d+ \d+h1v', WHOLE)
    assert colours == ["oklch(67% 0.14 250)", "oklch(67% 0.14 70)", "var(--soft)"]
    assert found.tables["Cells and where they are"][1:] == [
        ["conv1", "5", "2", "3 to 4", "2 to 2"], ["conv2", "5", "2", "4 to 9", "2 to 7"],
        ["rest", "1", "1", "0 to 0", "5 to 5"]]
    assert any(each.get("viewbox") == "0 2 10 6" for each in found.all("svg"))


def test_images_without_labels_are_neither_right_nor_wrong() -> None:
    text = html(told(given=answered(labels=False)))
    assert "right" not in " ".join(each["alt"] for each in Page(text).all("img"))
    assert "WRONG" not in text and "They have no labels" in text


@pytest.mark.parametrize("channels, size", [(1, (4, 3)), (2, (8, 3)), (3, (4, 3))])
def test_a_picture_has_every_channel(channels: int, size: tuple[int, int]) -> None:
    image = np.arange(channels * 12, dtype=np.uint8).reshape(channels, 3, 4)
    read = Image.open(io.BytesIO(gallery.png(image)))
    assert read.size == size and read.mode == ("RGB" if channels == 3 else "L")
    assert sorted(np.asarray(read).ravel()) == list(range(channels * 12))


def test_a_page_has_so_many_pictures_and_no_more() -> None:
    count = shown.MOST + 5
    many = choose("x", np.zeros((count, 1, 2, 2), np.uint8), None, np.zeros((count, 3), np.int64))
    assert len(Page(html(told(given=many))).all("img")) == shown.MOST


@pytest.mark.parametrize("labels", [True, False])
def test_the_images_of_a_page_survive_their_file(labels: bool, tmp_path: Path) -> None:
    given, path = answered(labels=labels), tmp_path / shown.FILE
    shown.write(given, path)
    again = shown.read(path)
    assert (again.source, again.count, again.wrong) == ("images.npy", 4, 1 if labels else None)
    for name in ("numbers", "images", "labels", "scores"):
        assert np.array_equal(getattr(again, name), getattr(given, name))
    content = path.read_bytes()
    shown.write(again, path)
    assert path.read_bytes() == content


def test_branches_of_the_network_have_lanes_of_their_own_until_they_join() -> None:
    def layer(name: str, *sources: str) -> LayerReport:
        return replace(LAYER, name=name, sources=sources)

    fork = (layer("stem", IMAGE), layer("sign", "stem"), layer("conv", "sign"),
            layer("norm", "stem"), layer("add", "conv", "norm"), layer("head", "add"))
    (graph, *_) = network.blocks(told(replace(TWO, layers=fork)))
    assert isinstance(graph, Graph)
    assert [(each.name, each.lane) for each in graph.stops] == [
        ("image", 0), ("stem", 0), ("sign", 1), ("conv", 1), ("norm", 0), ("add", 0), ("head", 0)]
    assert [(each.first, each.last) for each in graph.edges] == [
        (0, 1), (1, 2), (2, 3), (1, 4), (3, 5), (4, 5), (5, 6)]
    assert "add reads conv and norm" in graph.name


def test_the_critical_path_is_told_by_layer_with_cells_and_wires() -> None:
    found = Page(WHOLE)
    (said,) = (text for text in found.said("p") if text.startswith("The slowest signal"))
    assert said == (
        "The slowest signal runs from conv1 to conv2: it leaves mvu.sum of conv1, passes one cell "
        "and enters skid.full of conv2. It takes 5.50 ns, which allows 115.1 MHz: 1.50 ns in cells "
        "(27%; 0.50 ns of it from the clock's edge to the first cell's output) and 4.00 ns on "
        "wires (73%).")
    assert found.tables["The path, layer by layer"][1:] == [
        ["conv1", "1", "1.50 ns", "1.50 ns", "55%"], ["conv2", "0", "0.00 ns", "2.50 ns", "45%"]]
    assert len(found.tables["Every delay of the path"]) == 1 + len(PATH)


def test_the_slowest_endpoints_are_told_by_register_and_for_faster_clocks() -> None:
    found = Page(WHOLE)
    (said,) = (text for text in found.said("p") if text.startswith("Of 4,321 endpoints"))
    assert "1 hold the clock at 115.1 MHz; 3 at +5 %, 9 at +10 %, 27 at +20 %, 1,081 at +40 %" in (
        said)
    assert found.tables["Registers with the slowest endpoints"] == [
        ["register", "layer", "pin", "slowest", "endpoints",
         *(f"{each} MHz" for each in (115.1, 120.9, 126.6, 138.1, 161.1))],
        ["skid.full", "conv2", "CE", "8.69 ns", "16", "1", "2", "2", "5", "16"],
        ["-", "conv1", "DI", "7.50 ns", "1,200", "-", "-", "-", "1", "3"]]
    assert TWO.timing is not None
    without = Page(html(told(replace(TWO, timing=replace(TWO.timing, endpoints=None)))))
    assert any(text.startswith("No endpoints: this build has none") for text in without.said("p"))
    assert "Registers with the slowest endpoints" not in without.tables


def test_energy_is_told_by_operator_in_three_accounts_beside_the_paper() -> None:
    found = Page(WHOLE)
    xnors = 2 * DONE.xnor
    assert found.tables["Energy of a frame in nJ, by operator"][1][:4] == [
        "XNOR", "0.76 fJ", f"{xnors:,}", f"{xnors:,}"]
    counters = found.tables["Energy of a frame in nJ, by operator"][2]
    assert counters[0] == "counter" and counters[4] == "-" and counters[5] == counters[6]
    assert len(found.tables["Energy of a frame in nJ, by layer and operator"]) == 1 + 2 * 3
    assert f"no figure for this network of {xnors:,} XNORs. It prints 0.08 uJ for" in WHOLE
    net = replace(FIRST, operations=paper.vgg(179))
    assert "The paper prints 0.93 uJ for this network, net 3 of its table 3" in html(
        told(replace(TWO, layers=(net,))))


def test_channels_that_never_change_are_counted() -> None:
    found = Page(WHOLE)
    assert any("Of 6 channels 2 have one value in all" in text for text in found.said("p"))
    assert found.tables["Channels by their share of +1"][1:] == [
        ["conv1", "4", "45.0%", "0.0%", "40.0%", "100.0%", "1", "1"],
        ["conv2", "2", "45.0%", "10.0%", "45.0%", "80.0%", "0", "0"]]


def test_the_front_marks_this_build_and_follows_light_and_dark() -> None:
    drawn = WHOLE[WHOLE.index('class="plot"'):]
    drawn = drawn[:drawn.index("</figure>")]
    assert "this build" in drawn
    near = replace(FRONT, available=Resources(lut=2000, ff=9000, ebr=9))
    assert "2,000 on LFE5U-85F" in inline(near, (1e5, 1900)) and "on LFE5U" not in drawn
    inks = re.findall(r"(?:fill|stroke): (?!none)([^;\"]+)", drawn)
    assert inks and set(inks) <= {"var(--bar)", "var(--mark)", "var(--soft)", "var(--text)"}
    designs = Page(WHOLE).tables["Designs from the smallest to the fastest"][1:]
    assert [row[2] for row in designs] == ["700", "1,000", "1,900"]
    assert [row[5] for row in designs] == ["conv2 write", "conv2", "conv2 x"]


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_has_the_headings_and_tables_of_the_page(name: str) -> None:
    given = REPORTS[name]
    text = page.markdown(given, page.content(given))
    found = Page(html(given))
    assert re.findall(r"^## (.*)$", text, re.M) == found.said("h2")
    tables = re.findall(r"^(.+):\n\n((?:\|.*\n)+)", text, re.M)
    assert [caption for caption, _ in tables] == [*found.tables]
    for (_, rows), wanted in zip(tables, found.tables.values(), strict=True):
        head, rule, *body = [line.strip("|").split("|") for line in rows.splitlines()]
        assert [each.strip() for each in head] == wanted[0]
        assert len(rule) == len(wanted[0]) == len(body[0]) and len(body) == len(wanted) - 1
        assert [line[1].strip() for line in body] == [row[1] for row in wanted[1:]]
    assert re.findall(r"^- \*\*(.*)\*\*$", text, re.M)[0].startswith("Exact? ")
    assert name != "whole" or "| conv2 (bottleneck) | 1,176 |" in text
    assert "Note of folding: a \\& b." in text and "\n\n\n" not in text


def test_the_report_is_made_again_when_its_template_changes() -> None:
    names = {path.name for path in reached(ReportStep).files if path.parent.name == "page"}
    assert {"page.html", "page.md", "page.css", "gallery.py", "making.py"} <= names


def test_the_name_of_a_large_layer_stands_in_its_middle() -> None:
    wide = {"conv1": {(x, y): 1 for x in range(4) for y in range(3)}, "conv2": {(60, 40): 1},
            "rest": {(0, 9): 1}}
    text = html(replace(told(given=answered()), floor=wide))
    assert re.findall(r'<text x="(.+?)" y="(.+?)">(.*?)</text>', text) == []
    wide["conv1"] |= {(x, y): 1 for x in range(10) for y in range(3)}
    text = html(replace(told(given=answered()), floor=wide))
    assert re.findall(r'<text x="(.+?)" y="(.+?)">(.*?)</text>', text) == [("5.0", "1.5", "conv1")]
    assert 'style="font-size: 2.18px"' in text
