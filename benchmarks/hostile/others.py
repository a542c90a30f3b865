"""Further hostile inputs: archives, logs of runs, names, and files in the build folder."""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.hostile.arrays import set_words
from benchmarks.hostile.case import Cases
from benchmarks.hostile.network import Content, build_words, edited, images, write
from hw.flow.ledger import LEDGER
from hw.flow.taken import BELOW

HUGE = 10**5000
"""Integer with more digits than Python converts to text."""

Rewrite = Callable[[zipfile.ZipFile, zipfile.ZipFile], None]


def archives() -> Cases:
    """Checkpoints with odd archives, and with contents that no program would write."""
    found = Cases(kind="archive")
    for name, change in {
        "every record twice": partial(_packed, zipfile.ZIP_STORED, 2),
        "records packed by bzip2": partial(_packed, zipfile.ZIP_BZIP2, 1),
        "records packed by deflate": partial(_packed, zipfile.ZIP_DEFLATED, 1),
        "a record outside of its folder": partial(_more, ["../../evil"]),
        "70,000 records": partial(_more, [f"archive/data/x{k}" for k in range(70_000)]),
        "records in no folder": _bare,
    }.items():
        found.add(name, "hw.build", partial(_rewritten, change))
    for name, raw in {"a line before the archive": (b"#!/bin/sh\n", b""),
                      "100 bytes behind the archive": (b"", bytes(100))}.items():  # fmt: skip
        found.add(name, "hw.build", partial(_around, *raw))
    found.add("encrypted records", "hw.build", _encrypted)
    for device in ("cuda:0", "mps", "xla:0", "nonsense"):
        found.add(f"tensors saved from {device}", "hw.build",
                  partial(_rewritten, partial(_moved, device)), taken=True)  # fmt: skip
    for prefix in ("model.", "module._orig_mod."):
        found.add(f"keys that begin with {prefix}", "hw.build", partial(
            _edited, lambda c, p=prefix: c.update(
                state_dict={p + key: value for key, value in c["state_dict"].items()})),
            taken=True)  # fmt: skip
    found.add("a tensor that is negative by a flag", "hw.build", partial(
        _edited, lambda c: c["state_dict"].update(
            {"bn1.running_mean": torch._neg_view(c["state_dict"]["bn1.running_mean"])})),
        taken=True)  # fmt: skip
    for name, place in {
        "metrics": lambda c: c.update(metrics={"n": HUGE}),
        "a layer's outputs": lambda c: c["arch"]["layers"][0].update(out=HUGE),
        "the table": lambda c: c["arch"]["input"]["table"][0].__setitem__(0, HUGE),
        "the version": lambda c: c.update(version=HUGE),
    }.items():
        found.add(f"5,001 digits in {name}", "hw.build", partial(_edited, place))
    for value in (None, 3, "", "x" * 64):
        found.add(f"a digest of {str(value)[:3]!r}", "hw.build", partial(
            _edited, lambda c, v=value: c.update(digest=v)))  # fmt: skip
    for layer in ("../../x", "$display(1)", "__class__", "\x1b[2J", "ﬁ"):
        found.add(f"a layer called {layer!r}", "hw.build", partial(
            _edited, lambda c, n=layer: c["arch"]["layers"][3].update(name=n)))  # fmt: skip
    found.add("a class of an escape sequence", "hw.build", partial(
        _edited, lambda c: c.update(classes=["\x1b[31m", "b", "c"])), told=r"\x1b")  # fmt: skip
    return found


def logs() -> Cases:
    """Logs of training runs for `model.plot`."""
    found = Cases(kind="log")
    good = {"epoch": 1, "cross_entropy": 2.0, "train_accuracy": 0.1, "test_accuracy": 0.1}
    settings = {"method": "bnn", "data": "mnist"}
    for name, lines in {
        "no line": [], "settings alone": [settings], "an epoch without figures": [{"epoch": 1}],
        "an epoch called x": [{**good, "epoch": "x"}], "epoch 10^400": [{**good, "epoch": 10**400}],
        "a list of accuracies": [{**good, "test_accuracy": [1]}],
        "activations of a list": [{**good, "activations": [1]}],
        "two deciles": [{**good, "activations": {"bn": {"deviation": [1, 2]}}}],
        "lines that are lists": [[1]], "a method of 3": [{"method": 3}, good],
    }.items():  # fmt: skip
        first = [] if name in ("no line", "settings alone") or "method of" in name else [settings]
        text = "".join(json.dumps(line) + "\n" for line in (*first, *lines))
        found.add(name, "model.plot", partial(_log, text, "net"))
    for name, text in {"text": "no log\n", "a line 100,000 deep": "[" * 100_000,
                       "bytes that are no text": "\udcff"}.items():  # fmt: skip
        found.add(name, "model.plot", partial(_log, text, "net"))
    both = "".join(json.dumps(line) + "\n" for line in (settings, good))
    for name in ("net", "a$b_{$c", "_best", "[red]x"):
        found.add(f"a good log called {name}", "model.plot", partial(_log, both, name), taken=True)
    return found


def names() -> Cases:
    """Names with line breaks, and files in the place of a build's."""
    found = Cases(kind="name")
    for sign, told in (("\n", r"\n"), ("\r", r"\r"), ("\x1b[2J", r"\x1b"), ("\u2028", r"\u2028")):
        for command, option in (("hw.build", "--checkpoint"), ("hw.check", "--checkpoint"),
                                ("model.evaluate", "--images"), ("sim.run", "--images"),
                                ("model.plot", "RUN")):  # fmt: skip
            found.add(f"{option} with {told} in its name", command,
                      partial(_named, command, f"a{sign}b.pt"), told=told)  # fmt: skip
    for what, make in {
        "a ledger that is a pipe": lambda path: os.mkfifo(_ledger(path)),
        "a ledger that is a link to itself": lambda path: _ledger(path).symlink_to(LEDGER),
        "a ledger of 100,000 brackets": lambda path: _ledger(path).write_text("[" * 10**5),
    }.items():
        found.add(what, "hw.build", partial(_there, make), taken=True)
    for what, make in {
        "a lock that is a folder": lambda path: (path / ".building").mkdir(),
        "a lock that is a link": lambda path: (path / ".building").symlink_to("../good.pt"),
        "a lock that is a pipe": lambda path: os.mkfifo(path / ".building"),
    }.items():
        found.add(what, "hw.build", partial(_there, make))
    found.add("results in the place of arrays", "model.evaluate", _arrays, told="would be lost")
    found.add("SVHN of the other byte order that inflates to 4 GB", "model.evaluate", _matlab)
    return found


def _edited(change: Callable[[Content], Any], folder: Path) -> list[str]:
    return build_words(edited(lambda found: change(found) and None)(folder))


def _rewritten(change: Rewrite, folder: Path) -> list[str]:
    path = folder / "net.pt"
    with zipfile.ZipFile(write(folder)) as source, zipfile.ZipFile(path, "w") as target:
        change(source, target)
    return build_words(path)


def _packed(how: int, times: int, source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    for name in source.namelist() * times:
        target.writestr(name, source.read(name), how)


def _more(added: list[str], source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    _packed(zipfile.ZIP_STORED, 1, source, target)
    for name in added:
        target.writestr(name, b"")


def _bare(source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    for name in source.namelist():
        target.writestr(name.partition("/")[2], source.read(name))


def _moved(device: str, source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    """Rewrite an archive so that every tensor was saved from another device."""
    new = b"X" + struct.pack("<I", len(device)) + device.encode()
    for name in source.namelist():
        raw = source.read(name)
        target.writestr(name, raw.replace(b"X\x03\x00\x00\x00cpu", new))


def _around(before: bytes, behind: bytes, folder: Path) -> list[str]:
    path = write(folder)
    path.write_bytes(before + path.read_bytes() + behind)
    return build_words(path)


def _encrypted(folder: Path) -> list[str]:
    path = write(folder)
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 1)
    path.write_bytes(raw)
    return build_words(path)


def _log(text: str, name: str, folder: Path) -> list[str]:
    (folder / f"{name}.log.jsonl").write_text(text, errors="surrogateescape")
    return [str(folder / f"{name}.pt"), "--out", "pictures"]


def _named(command: str, name: str, folder: Path) -> list[str]:
    path = str(folder / name)
    if command == "model.plot":
        return [path]
    if command in ("hw.build", "hw.check"):
        return ["--checkpoint", path, *(["--board", "ulx3s"] if command == "hw.build" else [])]
    return ["--checkpoint", str(write(folder)), "--images", path]


def _ledger(out: Path) -> Path:
    """Path of the ledger in a build folder, whose own folder is made."""
    path = out / BELOW / LEDGER
    path.parent.mkdir()
    return path


def _there(make: Callable[[Path], Any], folder: Path) -> list[str]:
    (folder / "out").mkdir()
    make(folder / "out")
    return build_words(write(folder), "--out", str(folder / "out"))


def _arrays(folder: Path) -> list[str]:
    np.savez(folder / "mine.npz", images=images())
    np.save(folder / "x.npy", images())
    return ["--checkpoint", str(write(folder)), "--images", str(folder / "x.npy"),
            "--out", str(folder / "mine.npz")]  # fmt: skip


def _matlab(folder: Path) -> list[str]:
    (folder / "sets" / "svhn").mkdir(parents=True)
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(256)) + packer.flush()
    head = b"MATLAB 5.0".ljust(124) + b"\1\0MI" + struct.pack(">2I", 15, len(packed))
    (folder / "sets" / "svhn" / "test_32x32.mat").write_bytes(head + packed)
    return set_words("svhn", "cifar10", folder)
