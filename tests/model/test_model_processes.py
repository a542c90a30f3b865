"""Several processes, shards, precisions and memory orders: what stays the same, and what must."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model.augmentation import Augmentation
from model.batches import Batches
from model.checkpoint import load
from model.data import load as load_set
from model.processes import ALONE, Processes, processes
from model.refusal import Refusal
from model.settings import Settings
from model.tables import threshold
from model.topologies import topology
from model.train import main
from model.training import Trainer, train

ROOT = Path(__file__).parents[2]
ARCH = topology("small", 8, [1, 28, 28], [threshold()])


def settings(**changed):
    return Settings(**{"method": "bnn-dl", "data": "mnist", "epochs": 2, "batch": 32, "shift": 1,
                       "threads": 1, **changed})


@pytest.fixture
def sets(mnist_dir):
    return load_set("mnist", mnist_dir, "train"), load_set("mnist", mnist_dir, "test")


def words(mnist_dir, out, *more):
    return ["--method", "bnn-dl", "--arch", "small", "--width", "8", "--data", "mnist",
            "--data-dir", str(mnist_dir), "--out", str(out), "--epochs", "2", "--batch", "48",
            "--threads", "1", *more]


def torchrun(count, arguments):
    """``torchrun``, which is this module, with processes that find each other on a free port."""
    return subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
         str(count), "-m", "model.train", *arguments],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}, text=True,
        capture_output=True, timeout=240, check=False)


def same(one, two):
    assert one.keys() == two.keys()
    return [key for key in one if not torch.equal(one[key], two[key])] == []


def test_two_processes_give_the_checkpoint_of_one_bit_for_bit(mnist_dir, tmp_path):
    done = torchrun(2, words(mnist_dir, tmp_path / "two.pt"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("test images right") == 1
    assert main(words(mnist_dir, tmp_path / "one.pt", "--shards", "2")) == 0
    one, two = load(tmp_path / "one.pt"), load(tmp_path / "two.pt")
    assert same(one.state_dict, two.state_dict)
    assert (one.training, one.metrics) == (two.training, two.metrics)
    logs = [[{**json.loads(line), "seconds": 0, "images_per_second": 0} for line in
             (tmp_path / f"{name}.log.jsonl").read_text().splitlines()] for name in ("one", "two")]
    assert logs[0] == logs[1]


def test_processes_that_do_not_share_the_shards_evenly_are_refused(mnist_dir, tmp_path):
    done = torchrun(2, words(mnist_dir, tmp_path / "net.pt", "--shards", "3"))
    assert done.returncode != 0
    assert "error: --shards 3: torchrun started 2 processes" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_run_outside_torchrun_is_alone():
    with processes(torch.device("cpu")) as team:
        assert team is ALONE
    rows = torch.arange(6.0).view(3, 2)
    assert torch.equal(ALONE.gather(rows), rows)
    assert ALONE.total(7, torch.device("cpu")) == 7


@pytest.mark.parametrize(("count", "size"), [(8, 4), (10, 3), (2, 3)])
def test_spans_of_all_processes_are_everything_once(count, size):
    spans = [Processes(rank=rank, size=size).span(count) for rank in range(size)]
    assert [n for span in spans for n in range(count)[span]] == list(range(count))


def test_gradient_of_shards_is_that_of_their_mean(sets):
    """Against autograd of the loss written out, each shard normalised by itself."""
    trainer = Trainer(settings(shards=3, method="bnn"), ARCH, torch.device("cpu"))
    trainer.network.train()
    _, shards = next(trainer.batches(sets[0]).epoch(torch.Generator().manual_seed(1)))
    assert [len(shard.labels) for shard in shards] == [11, 11, 10]
    before = trainer.network.layer("bn1").running_mean.clone()
    trainer.update.gradients(shards)
    found = [parameter.grad.clone() for parameter in trainer.network.parameters()]
    mean = trainer.network.layer("bn1").running_mean.clone()
    moved = torch.zeros_like(before)
    trainer.optimiser.zero_grad()
    for shard in shards:
        trainer.network.layer("bn1").running_mean.copy_(before)
        out = trainer.network(shard.images)
        (torch.nn.functional.cross_entropy(out, shard.labels) * len(shard.labels) / 32).backward()
        moved += trainer.network.layer("bn1").running_mean * len(shard.labels) / 32
    for ours, parameter in zip(found, trainer.network.parameters(), strict=True):
        assert torch.allclose(ours, parameter.grad, rtol=1e-4, atol=1e-7)
    assert torch.allclose(mean, moved, rtol=1e-6)
    assert not torch.equal(mean, before)


def test_one_shard_is_the_plain_update_and_two_are_another(sets, tmp_path):
    one = train(settings(epochs=1), ARCH, *sets, tmp_path / "one.pt")
    two = train(settings(epochs=1, shards=2), ARCH, *sets, tmp_path / "two.pt")
    assert not same(one.state_dict, two.state_dict)


def test_a_last_batch_that_leaves_a_shard_one_image_is_left_out(sets):
    def counted(shards, batch=66):
        dealt = Batches(sets[0], torch.device("cpu"), batch=batch, shards=shards,
                        augmentation=Augmentation())
        return [sum(len(shard.labels) for shard in parts)
                for _, parts in dealt.epoch(torch.Generator())]
    assert counted(1) == [66, 66, 66, 2]
    assert counted(2) == [66, 66, 66]
    assert counted(2, 98) == [98, 98, 4]


def test_the_shards_of_a_batch_are_the_batch(sets):
    def dealt(shards, **team):
        batches = Batches(sets[0], torch.device("cpu"), batch=50, shards=shards,
                          augmentation=Augmentation(shift=2, flip=True),
                          processes=Processes(**team))
        return [list(parts) for _, parts in batches.epoch(torch.Generator().manual_seed(3))]
    whole, parted = dealt(1), dealt(4)
    halves = [dealt(4, rank=rank, size=2) for rank in (0, 1)]
    for number, ((one,), four) in enumerate(zip(whole, parted, strict=True)):
        assert torch.equal(torch.cat([shard.images for shard in four]), one.images)
        assert torch.equal(torch.cat([shard.labels for shard in four]), one.labels)
        assert sum(shard.share for shard in four) == one.share == 1
        both = [*halves[0][number], *halves[1][number]]
        assert all(torch.equal(a.images, b.images) for a, b in zip(four, both, strict=True))


# Torch imports deprecated parts of its own when it compiles.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("changed", [
    {"channels_last": True}, {"precision": "bfloat16"}, {"precision": "float16"},
    pytest.param({"compile": True}, marks=pytest.mark.long)])
def test_a_faster_engine_learns_as_the_plain_one_does(sets, tmp_path, changed):
    given = {"lr": 0.02, "epochs": 6, "batch": 50}
    plain = train(settings(**given), ARCH, *sets, tmp_path / "plain.pt")
    other = train(settings(**given, **changed), ARCH, *sets, tmp_path / "other.pt")
    log = [[json.loads(line) for line in (tmp_path / f"{name}.log.jsonl").read_text().splitlines()]
           for name in ("plain", "other")]
    first, last = ([lines[n]["loss"] for lines in log] for n in (1, -2))
    assert last[1] < 0.6 * first[1]
    assert abs(last[0] - last[1]) < 0.25 * last[0]
    assert all(tensor.is_contiguous() for tensor in other.state_dict.values())
    assert other.metrics["accuracy"] >= plain.metrics["accuracy"] - 0.2


def test_log_holds_speed_and_what_enters_the_signs(sets, tmp_path):
    train(settings(epochs=1), ARCH, *sets, tmp_path / "net.pt")
    _, line, _ = map(json.loads, (tmp_path / "net.log.jsonl").read_text().splitlines())
    assert line["images_per_second"] >= len(sets[0]) / (line["seconds"] + 0.06)
    assert list(line["activations"]) == ["bn1", "bn2"]
    for found in line["activations"].values():
        assert 0 <= found["positive"][0] <= found["positive"][1] <= found["positive"][2] <= 1
        assert 0 < found["deviation"][0] <= found["deviation"][2]


def test_a_resumed_run_in_halves_keeps_the_scale_of_its_gradients(sets, tmp_path):
    def stop(line):
        raise KeyboardInterrupt
    given = settings(precision="float16", batch=50)
    whole = train(given, ARCH, *sets, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        train(given, ARCH, *sets, tmp_path / "cut.pt", on_epoch=stop)
    state = torch.load(tmp_path / "cut.train.pt", weights_only=True)
    assert state["scaler"]["_growth_tracker"] == 4
    again = train(given, ARCH, *sets, tmp_path / "cut.pt", resume=True)
    assert same(again.state_dict, whole.state_dict)


def test_a_batch_smaller_than_its_shards_is_refused():
    with pytest.raises(Refusal, match="batch: 32 in 17 shards"):
        settings(shards=17)
