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
    with pytest.raises(Refusal, match=r"net\.pt: not a Purelogic checkpoint"):
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
    with pytest.raises(Refusal, match="may hold code; nothing in it was run"):
        load(tmp_path / "net.pt")
    assert not trap.exists()


@pytest.mark.parametrize(("change", "said"), [
    ({"version": 2}, "version 2, this program reads 1"),
    ({"arch": [], "classes": "abc"}, r"wrong type: arch \(dict\), classes \(list\)"),
    ({"classes": ["a"]}, "1 class names for 3 scores"),
    ({"arch": {}}, "net.pt: arch: input: Field required"),
])
def test_wrong_field_is_refused(saved, change, said):
    torch.save({**content_of(saved), **change}, saved)
    with pytest.raises(Refusal, match=said):
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
                 "bn1.bias: arch says [4], weights have int",
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
    with pytest.raises(Refusal, match=r"net\.pt: not written, since it would hold objects"):
        save(checkpoint, saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["net.pt"]


def test_hostile_arch_asks_for_no_memory(saved):
    content = content_of(saved)
    content["arch"]["layers"][0]["out"] = 65536
    content["arch"]["layers"][5]["out"] = 65536
    torch.save(content, saved)
    with pytest.raises(Refusal, match=r"dense.weight: arch says \[65536, 589824\]"):
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
                          "metrics", "training"}
    assert {*content["training"]} >= {field.name for field in fields(Settings)}
