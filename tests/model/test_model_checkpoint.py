"""Checkpoints: what comes back, and what is refused with which words."""

import json
import os
import pickle
import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from model.arch import parse
from model.checkpoint import export, load, save
from model.networks import build
from model.refusal import Refusal
from model.settings import Settings

DOCS = Path(__file__).parents[2] / "docs" / "checkpoint.md"


class Command:
    """Would run a command on unpickling."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def content_of(path):
    return torch.load(path, weights_only=True)


@pytest.fixture
def saved(checkpoint, tmp_path):
    path = tmp_path / "net.pt"
    save(checkpoint, path)
    return path


def test_saved_network_scores_as_before(checkpoint, saved):
    torch.manual_seed(7)
    trained = build(checkpoint.arch).eval()
    images = torch.randint(0, 256, (5, 1, 6, 6), dtype=torch.uint8)
    assert torch.equal(load(saved).module()(images), trained(images))


def test_file_holds_plain_types_and_binary_weights_as_int8(saved):
    content = content_of(saved)
    assert {key: content[key] for key in ("format", "version", "method", "classes")} == {
        "format": "purelogic", "version": 1, "method": "bnn", "classes": ["a", "b", "c"]}
    weight = content["state_dict"]["conv1.weight"]
    assert weight.dtype == torch.int8
    assert set(weight.unique().tolist()) == {-1, 1}
    assert content["state_dict"]["conv1.bias"].dtype == torch.float32
    assert content["arch"]["layers"][5]["weights"] == "binary"


def test_module_is_in_evaluation_mode(checkpoint):
    assert not checkpoint.module().training


def test_latent_zero_is_stored_as_plus_one(arch):
    network = build(arch)
    torch.nn.init.zeros_(network.layer("dense").weight)
    assert export(network)["dense.weight"].unique().tolist() == [1]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 broken", bytes(1000),
                                     pickle.dumps([1, 2], 2), pickle.dumps({"format": "x"}, 2)])
def test_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "net.pt"
    path.write_bytes(content)
    with pytest.raises(Refusal, match=r"net\.pt: (not a Purelogic checkpoint|damaged)"):
        load(path)


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(Refusal, match="no such file"):
            load(path)


@pytest.mark.parametrize("write", [
    lambda code, path: torch.save({"format": "purelogic", "arch": code}, path),
    lambda code, path: path.write_bytes(pickle.dumps(code)),
    lambda code, path: path.write_bytes(pickle.dumps({"format": "purelogic", "x": code}, 0)),
])
def test_code_in_a_checkpoint_is_refused_and_never_run(tmp_path, write):
    trap = tmp_path / "ran"
    write(Command(trap), tmp_path / "net.pt")
    with pytest.raises(Refusal, match="nothing in it was run"):
        load(tmp_path / "net.pt")
    assert not trap.exists()


@pytest.mark.parametrize(("change", "said"), [
    ({"version": 2}, "version 2, this program reads 1"),
    ({"version": True}, "version: found True, wanted an integer"),
    ({"version": "1"}, "version: found '1', wanted an integer"),
    ({"arch": [], "classes": "abc"}, "arch: found [], wanted a dict; classes: found 'abc', wanted"),
    ({"classes": ["a"]}, "1 class names for 3 scores"),
    ({"classes": ["a", 1, None]}, "classes[1]: 1 is no text; classes[2]: None is no text"),
    ({"classes": ["a", "", "c"]}, "classes[1]: an empty name"),
    ({"classes": ["a", "b\n", "c"]}, "classes[1]: 'b\\n' has characters that cannot be printed"),
    ({"classes": ["a", "\udcff", "c"]}, "classes[1]: '\\udcff' has characters"),
    ({"classes": ["a", "b", "c" * 101]}, "classes[2]: a name of 101 characters, at most 100"),
    ({"classes": ["c"] * 100_000}, "classes: 100,000 names, at most 65,536"),
    ({"arch": {}}, "net.pt: arch: input: missing"),
    ({"notes": 1}, "notes: unknown; a checkpoint holds format, version,"),
    ({3: 1, "state": {}}, "3: unknown; a checkpoint holds"),
    ({"method": ""}, "method: an empty name"),
    ({"metrics": {"accuracy": torch.tensor(0.9)}}, "metrics.accuracy: a tensor; write number.item"),
    ({"metrics": {"a": [{"b": torch.ones(3)}]}}, "metrics.a[0].b: a tensor; write"),
    ({"metrics": {"a": b"x"}}, "metrics.a: a bytes; write numbers, text"),
    ({"metrics": {1: 2}}, "metrics: a key 1 that is no text"),
    ({"metrics": {(1, 2): 3}}, "metrics: a key [1, 2] that is no text"),
    ({"metrics": {"a": float("nan")}}, "metrics.a: nan, which JSON has no number for"),
    ({"metrics": {"a": 2**64}}, "metrics.a: 18446744073709551616 has more than 64 bits"),
    ({"metrics": {"a": {1, 2}}}, "metrics.a: a set; write"),
    ({"training": {"a": "\ud800"}}, "training.a: '\\ud800' is no text in UTF-8"),
    ({"training": {"a": "x" * 10_001}}, "training.a: a text of 10,001 characters"),
    ({"training": [1]}, "training: found [1], wanted a dict"),
    ({"digest": 5}, "digest: found 5, wanted text"),
])
def test_wrong_field_is_refused(saved, change, said):
    torch.save({**content_of(saved), **change}, saved)
    with pytest.raises(Refusal, match=re.escape(said)):
        load(saved)


def test_every_tensor_that_does_not_match_is_named_with_both_shapes(saved):
    content = content_of(saved)
    tensors = content["state_dict"]
    tensors["dense.weight"] = torch.ones(3, 35, dtype=torch.int8)
    tensors["extra.weight"] = torch.ones(2)
    tensors["bn1.bias"] = 4
    del tensors["conv1.bias"]
    torch.save(content, saved)
    with pytest.raises(Refusal) as caught:
        load(saved)
    for said in ("dense.weight: arch says [3, 36], weights have [3, 35]",
                 "extra.weight: arch says nothing, weights have [2]",
                 "state_dict.bn1.bias: 4; write a tensor",
                 "conv1.bias: arch says [4], weights have nothing"):
        assert said in str(caught.value)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("bn1.weight", float("nan"), "bn1.weight: 1 of 4 values are not finite"),
    ("bn1.running_mean", float("inf"), "bn1.running_mean: 1 of 4 values are not finite"),
    ("bn1.running_var", -1.0, "bn1.running_var: a variance is negative"),
    ("dense.weight", 0, "dense.weight: 1 of 108 binary weights are neither"),
])
def test_values_no_network_can_have_are_refused_by_name(checkpoint, tmp_path, key, value, said):
    checkpoint.state_dict[key].view(-1)[0] = value
    with pytest.raises(Refusal, match=re.escape(said)):
        save(checkpoint, tmp_path / "net.pt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [Command("x"), lambda: 0, Path("x"), Refusal, {1: iter("x")}])
def test_objects_are_not_saved_and_the_earlier_file_stays(checkpoint, saved, value):
    before = saved.read_bytes()
    checkpoint.metrics["latency"] = value
    with pytest.raises(Refusal, match=r"metrics\.latency: a "):
        save(checkpoint, saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["net.pt"]


def test_hostile_arch_asks_for_no_memory(saved):
    content = content_of(saved)
    content["arch"]["layers"][0]["out"] = 400
    content["arch"]["layers"][5]["out"] = 65536
    torch.save(content, saved)
    with pytest.raises(Refusal, match=r"dense.weight: arch says \[65536, 3600\]"):
        load(saved)
    content["arch"]["layers"][0]["out"] = 65536
    torch.save(content, saved)
    with pytest.raises(Refusal, match="makes 38,655,295,488 weights in all, at most 268,435,456"):
        load(saved)


def test_the_example_in_the_document_is_what_a_checkpoint_holds():
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    content = json.loads(blocks[0].replace('"<256 integers>"', str([*range(256)])))
    arch = parse(content["arch"])
    assert len(content["classes"]) == arch.classes
    network = build(content["arch"])
    assert arch.plain() == content["arch"]
    assert content["state_dict"] == {
        key: [str(value.dtype).removeprefix("torch."), list(value.shape)]
        for key, value in export(network).items()}
    assert {*content} == {"format", "version", "method", "arch", "state_dict", "classes",
                          "metrics", "training", "digest"}
    assert {*content["training"]} >= {field.name for field in fields(Settings)}
