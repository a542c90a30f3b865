"""Hostile options and paths: numbers out of range, names with markup, folders that are files."""

import json
import os
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.hostile.arrays import sets
from benchmarks.hostile.case import Case, Cases, Make
from benchmarks.hostile.network import arch, build_words, images, write

NUMBERS = {
    "--fps": ("nan", "inf", "-inf", "-1", "0", "1e-300", "1e300", "x", ""),
    "--fill": ("nan", "inf", "-0.1", "0", "1.01", "1e-300", "x"),
    "--clock": ("nan", "inf", "-1", "0", "1e-9", "1e308", "x"),
    "--seed": ("-1", "1.5", "x", "9" * 400),
    "--simulate": ("-1", "x", "1" + "0" * 12, "1" + "0" * 30),
    "--attempts": ("0", "-1", "x", "9" * 400),
}
"""Values that options of `hw.build` refuse."""

TRAINING = {
    "--epochs": ("-1", "0", "x"), "--batch": ("0", "-1"), "--lr": ("nan", "-1", "inf", "0"),
    "--width": ("0", "-1", "1000000000"), "--seed": ("-5",), "--train-images": ("-1", "0"),
    "--momentum": ("nan", "-1"), "--weight-decay": ("nan", "-1"), "--shift": ("-1", "1000000"),
    "--negative-gammas": ("nan", "2"), "--threads": ("-1", "1000000000"), "--shards": ("0", "-1"),
    "--method": ("[/x]", "nobody"), "--data": ("nowhere",), "--arch": ("[/x]", "nothing.json"),
}  # fmt: skip
"""Values that options of `model.train` refuse."""


def options() -> Cases:
    """Numbers and names that options refuse."""
    found = Cases(kind="option")
    for option, values in NUMBERS.items():
        for value in values:
            _build(found, f"{option} {_short(value)!r}", option, value)
    for option, value in (
        ("--variant", ""), ("--variant", "[/x]"), ("--board", ""), ("--board", "../x"),
        ("--board", "[/x]"), ("--stop-after", "never"), ("--nothing", "1"), ("--images", ""),
        ("--labels", "y.npy"),
    ):  # fmt: skip
        _build(found, f"{option} {value!r}", option, value)
    for value in ("0", "-1", "x", "9" * 400):
        found.add(f"--jobs {_short(value)!r}", "sim.run", partial(_simulate, ["--jobs", value]))
    for option, value in (("--fps", "nan"), ("--clock", "inf"), ("--fill", "2"), ("--level", "x"),
                          ("--engine", "[/x]"), ("--board", "x")):  # fmt: skip
        found.add(f"{option} {value}", "sim.run", partial(_simulate, [option, value]))
    for option, values in TRAINING.items():
        for value in values:
            found.add(f"{option} {value}", "model.train", partial(_train, [option, value]))
    for words in (["--from", "x"], ["--from", "bnn-pynq"], ["--from", "qonnx"], []):
        found.add(f"{' '.join(words) or 'no format'}, of a checkpoint", "model.convert",
                  partial(_convert, words))  # fmt: skip
    for port in ("nowhere", "/dev/null", "", "[/x]"):
        found.add(f"--port {port!r}", "boards.run", partial(_board, port))
    found.add("--board x", "hw.check", lambda folder: [
        "--checkpoint", str(write(folder)), "--board", "x"])  # fmt: skip
    found.add("all boards", "hw.check", lambda folder: ["--checkpoint", str(write(folder))],
              taken=True)  # fmt: skip
    return found


def places() -> Cases:
    """Paths to write to, with files already there."""
    found = Cases(kind="place")
    for name, out in {
        "a file": _file, "a folder in a file": lambda folder: _file(folder) / "x",
        "a link to itself": _loop, "a folder in a link to itself": lambda f: _loop(f) / "x",
        "a name of 300 characters": lambda folder: folder / ("n" * 300),
        "a folder of the kernel": lambda folder: Path("/proc/x"),
        "a device": lambda folder: Path("/dev/null"), "no name": lambda folder: "",
        "a name that is no UTF-8": lambda folder: folder / "\udcff",
    }.items():  # fmt: skip
        for stop in ("plan", "synth"):
            found.add(f"--out is {name}, to {stop}", "hw.build", partial(_out, out, stop))
    for name in ("[/a]", "run[bold]", "[red]x[/]", "a b ü", "it's", "a;b", "-x", '"$HOME"'):
        inside, stop = partial(_called, name), "verilog" if "$" in name else "plan"
        found.add(f"a folder called {name}", "hw.build", partial(_out, inside, stop), taken=True)
    for name, out in {
        "a folder": _inside, "a file in no folder": lambda folder: folder / "no" / "z.npz",
        "a name of 300 characters": lambda folder: folder / ("n" * 300),
        "a file in a file": lambda folder: _file(folder) / "z.npz",
        "a link to itself": _loop,
    }.items():  # fmt: skip
        for command in ("sim.run", "model.evaluate"):
            found.add(f"--out is {name}", command, partial(_results, out))
    found.add("an existing checkpoint", "model.train", _trained, told="--overwrite")
    found.add("an arch of no JSON", "model.train", partial(_arch, "{"))
    found.add("an arch that is a list", "model.train", partial(_arch, "[1]"))
    found.add("an arch 100,000 deep", "model.train", partial(_arch, "[" * 100_000))
    found.add("an arch of 20,000 layers", "model.train", partial(_arch, json.dumps(
        {**arch(), "layers": [{"kind": "sign", "name": f"s{k}"} for k in range(20_000)]})))
    return found


def _short(value: str) -> str:
    return value if len(value) < 40 else f"{value[:5]}... ({len(value)} digits)"


def _build(to: Cases, name: str, option: str, value: str) -> None:
    to.add(name, "hw.build", lambda folder: build_words(write(folder), f"{option}={value}"))


def _out(out: "Make | object", stop: str, folder: Path) -> list[str]:
    where = out(folder)  # type: ignore[operator]
    words = ["--checkpoint", str(write(folder)), "--board", "icebreaker", "--fill", "0.5",
             "--stop-after", stop, "--simulate", "0"]  # fmt: skip
    return [*words, f"--out={where}"]


def _called(name: str, folder: Path) -> Path:
    return folder / name


def _file(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file"


def _inside(folder: Path) -> Path:
    (folder / "inside").mkdir()
    return folder / "inside"


def _loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def _simulate(words: list[str], folder: Path) -> list[str]:
    np.save(folder / "x.npy", images())
    return ["--checkpoint", str(write(folder)), "--images", str(folder / "x.npy"), *words]


def _results(out: "Make | object", folder: Path) -> list[str]:
    return _simulate([f"--out={out(folder)}"], folder)  # type: ignore[operator]


def _train(words: list[str], folder: Path) -> list[str]:
    good = next(case for case in sets() if case.name == "good MNIST")
    _mnist_to_train(good, folder)
    return ["--method", "bnn", "--arch", "mnist", "--data", "mnist", "--data-dir",
            str(folder / "sets"), "--out", "trained.pt", "--epochs", "1", *words]  # fmt: skip


def _mnist_to_train(good: Case, folder: Path) -> None:
    """Copy the valid test set as the training set."""
    good.make(folder)
    for path in list((folder / "sets" / "mnist").iterdir()):
        os.link(path, path.with_name(path.name.replace("t10k", "train")))


def _trained(folder: Path) -> list[str]:
    words = _train([], folder)
    (folder / "old.pt").write_bytes(b"weeks of training")
    return [*words, "--out", str(folder / "old.pt")]


def _arch(text: str, folder: Path) -> list[str]:
    words = _train([], folder)
    (folder / "mine.json").write_text(text)
    return [*words, "--arch", str(folder / "mine.json")]


def _convert(words: list[str], folder: Path) -> list[str]:
    return [*words, str(write(folder)), "converted.pt"]


def _board(port: str, folder: Path) -> list[str]:
    np.save(folder / "x.npy", images())
    return ["--port", port, "--images", str(folder / "x.npy")]
