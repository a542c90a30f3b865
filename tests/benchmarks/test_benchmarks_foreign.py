"""The table of networks that others trained: a row measured from end to end, and one refused."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.foreign import measure as measuring
from benchmarks.foreign import page
from benchmarks.foreign.found import Found, Share, read
from benchmarks.foreign.measure import Place, measure
from benchmarks.foreign.rows import ROWS, Row
from benchmarks.networks import Missing
from hw.network.fold import fold
from hw.network.reference import Reference
from model import convert
from model.checkpoint import load
from model.importers.catalogue import IMPORTERS
from model.importers.normalisation import Normalisation

OTHER = '''
import sys
import numpy as np
import torch

command, _, name, *rest = sys.argv[1:]
rng = np.random.default_rng(0)
if command == "make":
    def layer(block, at, out, inputs):
        weight = torch.from_numpy(rng.choice([-1.0, 1.0], (out, inputs, 3, 3)).astype("float32"))
        norm = f"{block}.{at + 1}"
        return {f"{block}.{at}.weight": weight, f"{block}.{at}.bias": torch.zeros(out),
                f"{norm}.weight": torch.ones(out), f"{norm}.bias": torch.zeros(out),
                f"{norm}.running_mean": torch.zeros(out), f"{norm}.running_var": torch.ones(out)}
    torch.save({"state_dict": layer("features0", 0, 4, 3) | layer("classifier", 1, 2, 4)}, rest[0])
else:
    images = np.load(rest[0])
    classes = np.full(len(images), len(rest[2:]))
    np.savez(rest[1], outputs=np.zeros((len(images), 2)), classes=classes)
'''
ROW = Row(name="tiny", title="tiny", origin="here", form="bnn-dl", program="other", made="tiny",
          shape=(3, 32, 32), table_bits=4)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Another program that answers class 0 to everything, and 1 where numbers are rounded."""
    (tmp_path / "other.py").write_text(OTHER)
    monkeypatch.setattr(measuring, "OTHERS", tmp_path)
    monkeypatch.setattr(measuring, "SIMULATED", 2)
    return Place(others=None, python=Path(sys.executable), data=None, made=tmp_path / "made",
                 compared=40)


def test_a_network_is_made_imported_simulated_and_compared(place: Place, tmp_path: Path) -> None:
    found = measure(ROW, place)
    assert found.refused is None and found.alone is None
    assert found.wrong == Share(count=0, images=2)
    assert found.rate is not None and found.rate > 0
    # The other program here answers 0: every image of ours in class 1 differs.
    images = np.random.default_rng(1).integers(0, 256, (40, 3, 32, 32), dtype=np.uint8)
    classes = Reference(fold(load(tmp_path / "made" / "tiny.pt"))).run(images).classes
    assert found.differing == Share(count=int(classes.sum()), images=40)
    assert found.rounded == Share(count=40 - int(classes.sum()), images=40)
    assert f"{classes.sum()} of 40; {40 - classes.sum()} given the same" in page._cells(ROW, found)
    found.save(tmp_path)
    assert read("tiny", tmp_path) == found


def test_a_network_as_it_was_read_has_the_input_of_the_other_program(
    place: Place, tmp_path: Path
) -> None:
    path = tmp_path / "tiny.pt"
    # So coarse a table that it changes classes.
    words = ["--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--scale-bits", "1"]
    assert convert.main(["--from", ROW.form, str(place.file(ROW)), str(path), *words]) == 0
    checkpoint, normalisation = load(path), Normalisation(
        mean=(0.5,) * 3, std=(0.5,) * 3, scale_bits=1)
    images = np.random.default_rng(2).integers(0, 256, (200, 3, 32, 32), dtype=np.uint8)
    table = Reference(fold(checkpoint)).run(images).classes
    changed = int((measuring._real(checkpoint, images) != table).sum())
    assert changed == normalisation.differing(checkpoint, images) > 0
    read_as = Share(count=changed, images=200)
    found = Found(row="tiny", commit="abc", differing=read_as, read=read_as)
    assert f"{changed} of 200; {changed} before" in page._cells(ROW, found)


def test_what_is_refused_is_told_in_the_command_s_words(place: Place) -> None:
    path = place.file(ROW)
    state = torch.load(path, weights_only=True)
    state["state_dict"]["features0.0.weight"][0, 0, 0, 0] = 0.5
    torch.save(state, path)
    found = measure(ROW, place)
    assert found.refused is not None and found.refused.startswith("no VGG of BNN-DL: features0.0")
    assert str(path) not in found.refused
    assert found.rate is None


def test_a_program_that_is_not_here_is_told(place: Place) -> None:
    row = Row(**{**vars(ROW), "folder": "elsewhere", "made": "", "file": "net"})
    with pytest.raises(Missing, match="needs elsewhere in the folder of --others"):
        measure(row, place)
    with pytest.raises(Missing, match="needs cifar10 in the folder of --data-dir"):
        measure(replace(ROW, data="cifar10", taught=10), place)
    left_out = Found(row="tiny", commit="abc", missing="needs elsewhere")
    assert page._cells(ROW, left_out)[1] == "not measured"
    assert "Left out: needs elsewhere." in page._source(ROW, left_out)
    found = Found(row="tiny", commit="abc", alone="needs a licence", rate=1234.5,
                  pytorch=Share(count=9, images=10))
    cells = page._cells(ROW, found)
    assert cells == ["tiny", "yes", "-", "-", "90.00", "-", "-", "-", "1,234"]
    assert "Other program not run: needs a licence. Commit abc." in page._source(ROW, found)


def test_rows_are_of_formats_and_scripts_that_there_are() -> None:
    for row in ROWS.values():
        assert row.form in IMPORTERS
        assert bool(row.file) != bool(row.made)
        assert row.title in page.document({})
