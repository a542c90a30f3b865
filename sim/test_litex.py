# amaranth: UnusedElaboratable=no
"""The LiteX example: a system around a core answers images, and a host on its bus."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth import ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw import build
from hw.cores.link.registers import IDENT
from hw.emit.verilog import emit
from hw.network.fold import fold
from hw.network.reference import Reference
from model.checkpoint import load, save
from sim.beats import pack, pixels
from sim.cosimulate import answers
from sim.player import Played, Record, run_bench
from sim.random_networks import random_checkpoint
from sim.verilate import BRIEF
from sim.verilate import build as verilate

EXAMPLE = Path(__file__).parents[1] / "examples" / "litex"
REGISTERS = 0x3000_0000
HOST = {"cyc": 1, "stb": 1, "we": 1, "adr": 30, "dat_w": 32, "sel": 4}

needed = pytest.mark.skipif(
    importlib.util.find_spec("litex") is None, reason="litex is not installed: pip install litex"
)


class Hosted(wiring.Component):
    """The system with its streams and bus as ports that benches know."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._widths = {port["name"]: port["width"] for port in told["ports"]}
        self._told = told
        self._index = (told["classes"] - 1).bit_length()
        entry, leave = told["entry"], told["leave"]
        self._score = self._widths[leave["score"]]
        super().__init__({
            "i": In(stream.Signature(self._widths[entry["data"]])),
            "o": Out(stream.Signature(self._score + self._index + 1)),
            **{name: In(width) for name, width in HOST.items()},
            "ack": Out(1), "dat_r": Out(32),
        })

    def elaborate(self, platform: object) -> Module:
        m = Module()
        at, klass = Signal(range(self._told["beats"])), Signal(self._widths[
            self._told["leave"]["klass"]])
        last = at == self._told["beats"] - 1
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += at.eq(at + 1)
            with m.If(last):
                m.d.sync += at.eq(0)
        m.submodules.system = Instance(
            "system", i_sys_clk=ClockSignal(), i_sys_rst=ResetSignal(), i_sim_trace=Const(0),
            i_pixels_data=self.i.p, i_pixels_valid=self.i.valid, i_pixels_last=last,
            o_pixels_ready=self.i.ready, o_scores_score=self.o.p[: self._score],
            o_scores_klass=klass, o_scores_last=self.o.p[-1], o_scores_valid=self.o.valid,
            i_scores_ready=self.o.ready, i_host_cti=Const(0, 3), i_host_bte=Const(0, 2),
            o_host_ack=self.ack, o_host_dat_r=self.dat_r,
            **{f"i_host_{name}": getattr(self, name) for name in HOST},
        )  # fmt: skip
        m.d.comb += self.o.p[self._score : -1].eq(klass)
        return m


@needed
@pytest.mark.parametrize(("interface", "registers"), [("axis", "axilite"), ("stream", "wishbone")])
def test_a_system_with_a_core_answers_images_and_its_host(
    interface: str, registers: str, tmp_path: Path
) -> None:
    save(random_checkpoint(3), tmp_path / "net.pt")
    assert build.main([
        "--checkpoint", str(tmp_path / "net.pt"), "--board", "ulx3s", "--variant", "12F", "--fill",
        "0.06", "--interface", interface, "--registers", registers, "--top", "digits",
        "--stop-after", "verilog", "--out", str(tmp_path / "out"),
    ]) == 0  # fmt: skip
    folder = tmp_path / "out" / "core"
    told = json.loads((folder / "digits.json").read_text())
    made = subprocess.run([sys.executable, "soc.py", str(folder), str(tmp_path / "soc")],
                          cwd=EXAMPLE, capture_output=True, text=True)  # fmt: skip
    assert made.returncode == 0, made.stderr
    texts = [emit(Hosted(told)), (folder / "digits.v").read_text(),
             (tmp_path / "soc" / "system.v").read_text()]
    model = verilate("\n".join(texts), optimise=BRIEF)
    network = fold(load(tmp_path / "net.pt"))
    images = np.random.default_rng(5).integers(0, 256, (3, *network.input_shape), np.uint8)
    beats = [int.from_bytes(beat.tobytes(), "little") for beat in pixels(images, told["pixels"])]
    named = ("IDENT", "CLASSES", "FRAMES_IN", "FRAMES_OUT")
    with tempfile.TemporaryDirectory() as work:
        run_bench(model, "sim.benches.hosted", Path(work), {
            "beats": beats, "expect": len(images) * told["classes"], "patience": 10_000,
            "addresses": [REGISTERS + told["map"][name] for name in named],
        })  # fmt: skip
        found = json.loads((Path(work) / "answers.json").read_text())
    assert found["before"] == [IDENT, told["classes"], 0, 0]
    assert found["after"] == [IDENT, told["classes"], len(images), len(images)]
    width = Hosted(told).o.p.shape().width
    record = Record(beats=pack(found["scores"], width), cycles=np.zeros(0, np.uint64))
    played = Played(sent=np.zeros(0, np.uint64), received=record, taps={}, toggles={})
    scores, expected = answers(played, network, width), Reference(network).run(images)
    assert scores.scores.tolist() == expected.scores.tolist()
    assert scores.classes.tolist() == expected.classes.tolist()
