"""Checkpoints: what comes back, and what is refused with which words."""

import json
import os
import pickle
import re
import struct
import zipfile
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from model import zipped
from model.arch import parse
from model.checkpoint import export, load, save
from model.networks import build
from model.refusal import Refusal
from model.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"
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
    ({"metrics": {"a\nb": float("nan")}}, "metrics.'a\\nb': nan, which"),
    ({"a\nb": 1}, "'a\\nb': unknown"),
    ({"state_dict": {"a\nb": torch.zeros(1)}}, "state_dict.'a\\nb': arch says nothing"),
    ({"state_dict": {"a\udcff": torch.zeros(1)}}, "state_dict.'a\\udcff': 'a\\udcff' is no text"),
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


def test_digest_is_stored_and_sees_every_part_of_the_network(checkpoint, saved):
    stored = content_of(saved)
    assert stored["digest"] == checkpoint.digest == load(saved).digest

    def turned(part):
        part.view(-1)[0] *= -1

    changes = [lambda content: turned(content["state_dict"]["conv1.weight"]),
               lambda content: content["state_dict"]["bn1.bias"].add_(1),
               lambda content: content["state_dict"]["bn1.num_batches_tracked"].add_(1),
               lambda content: content["classes"].reverse(),
               lambda content: content["arch"]["layers"][2].update(eps=2e-5),
               lambda content: content["arch"]["input"]["table"][0].__setitem__(0, 7)]
    digests = {checkpoint.digest}
    for change in changes:
        content = content_of(saved)
        change(content)
        torch.save(content, saved.with_name("other.pt"))
        with pytest.raises(Refusal, match=r"other.pt: damaged or changed, its network has the dig"):
            load(saved.with_name("other.pt"))
        del content["digest"]
        torch.save(content, saved.with_name("other.pt"))
        digests.add(load(saved.with_name("other.pt")).digest)
    assert len(digests) == len(changes) + 1


def test_metrics_and_training_are_no_part_of_the_digest(checkpoint):
    before = checkpoint.digest
    checkpoint.metrics["accuracy"], checkpoint.training["seed"] = 0.9, 8
    assert checkpoint.digest == before


@pytest.mark.parametrize("step", range(8))
def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(checkpoint, saved, step):
    good, digest, refused = bytearray(saved.read_bytes()), checkpoint.digest, 0
    places = range(step, len(good), 96)
    for place in places:
        flipped = good.copy()
        flipped[place] ^= 1 << (place // 96 + step) % 8
        saved.write_bytes(flipped)
        try:
            found = load(saved)
        except Refusal as refusal:
            refused += 1
            assert "\n" not in str(refusal)
        else:
            assert (found.digest, found.metrics, found.training, found.method) == (
                digest, checkpoint.metrics, checkpoint.training, checkpoint.method)
    assert refused > len(places) // 3


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_a_flipped_bit_in_an_example_of_before_the_digest_is_refused(tmp_path, name):
    path = EXAMPLES / name / "net.pt"
    assert "digest" not in content_of(path)
    good, digest = bytearray(path.read_bytes()), load(path).digest
    for number in range(12):
        flipped, place = good.copy(), len(good) * number // 12 + 5
        flipped[place] ^= 1 << number % 8
        (tmp_path / "net.pt").write_bytes(flipped)
        try:
            assert load(tmp_path / "net.pt").digest == digest
        except Refusal as refusal:
            assert "net.pt: " in str(refusal)


@pytest.mark.parametrize(("name", "digest"), [
    ("mnist", "13cb4cd8162c2cf5f3ab508a80f8e3c3b5611647a5536deb730cdb4a053a41a0"),
    ("cifar10", "ff7d34b4efd0bf70392839a83e9ab6bf3c0e0e9ac8b028e4aa77d12f87358d0f")])
def test_examples_keep_the_digests_they_have_always_had(name, digest):
    assert load(EXAMPLES / name / "net.pt").digest == digest


def packed(saved):
    """The same archive with its records compressed, and one that inflates to 64 MiB."""
    records = zipped.records(saved, 10**6, packed=False, hint="")
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, record in records.items():
            archive.writestr(name, bytes(1 << 26) if name.endswith("data/0") else record)


def short(saved):
    """A record of one byte, where the pickle says there are more."""
    records = zipped.records(saved, 10**6, packed=False, hint="")
    records |= {name: b"\1" for name in records if name.endswith("data/0")}
    saved.write_bytes(zipped.stored(records).read())


def listed_twice(saved):
    """A directory that has every record a thousand times: few bytes, many claimed."""
    given = saved.read_bytes()
    end = given.rindex(b"PK\5\6")
    total, size, start = struct.unpack("<H2L", given[end + 10:end + 20])
    directory = given[start:start + size] * 1000
    saved.write_bytes(given[:start] + directory + struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, total * 1000 % 65536, total * 1000 % 65536,
        len(directory), start, 0))


def old(saved):
    torch.save(content_of(saved), saved, _use_new_zipfile_serialization=False)


def of_another_program(saved):
    torch.save({"epoch": 3, "state_dict": {"conv.weight": torch.ones(3)}}, saved)


def bare_state(saved):
    torch.save(torch.nn.Linear(3, 3).state_dict(), saved)


def whole_module(saved):
    torch.save(torch.nn.Linear(3, 3), saved)


def long_pickle(saved):
    torch.save({**content_of(saved), "metrics": {"x": ["y" * 100 + str(n) for n in range(20_000)]}},
               saved)


def many_values(saved):
    torch.save({**content_of(saved), "metrics": {"x": [0] * 400_000}}, saved)


def laughing(saved):
    """Lists of lists, each twice in the one around it: 2^40 values in few bytes."""
    laughs = [1]
    for _ in range(30):
        laughs = [laughs, laughs, laughs, laughs]
    torch.save({**content_of(saved), "metrics": {"x": laughs}}, saved)


def nested(saved):
    deep = []
    for _ in range(200):
        deep = [deep]
    torch.save({**content_of(saved), "metrics": {"x": deep}}, saved)


@pytest.mark.parametrize(("change", "said"), [
    (packed, "compressed records, which torch.save does not write"),
    (short, "net.pt: not a Purelogic checkpoint (record size (1 bytes) does not match"),
    (listed_twice, "net.pt: damaged"),
    (old, "net.pt: torch.save's old format, which has no check sums; nothing in it was run; save"),
    (of_another_program, "a dict of 'epoch', 'state_dict'; give a file written by model.train, or"
     " bring in what others trained with python -m model.convert (docs/convert.md)"),
    (bare_state, "a dict of 'weight', 'bias'; give a file"),
    (whole_module, "more than tensors and plain types (torch.nn.modules.linear.Linear), which"),
    (long_pickle, "net.pt: 2,291,430 bytes beside the tensors, at most 1,048,576 are read"),
    (many_values, "more than 400,000 values in all; keep them in a file of their own"),
    (laughing, "more than 400,000 values in all"), (nested, "more than 32 lists and dicts in one"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_claims_are_refused_before_they_are_believed(saved, change, said):
    change(saved)
    with pytest.raises(Refusal, match=re.escape(said)) as caught:
        load(saved)
    assert len(str(caught.value)) < 2000


def test_all_that_is_wrong_is_told_at_once_and_in_bounds(saved):
    content = content_of(saved)
    content |= {"version": True, "classes": ["", 1], "extra": 1, "metrics": {"a": float("inf")}}
    content["arch"]["layers"][2]["momentum"] = 0.1
    torch.save(content, saved)
    with pytest.raises(Refusal) as caught:
        load(saved)
    for said in ("extra: unknown", "version: found True", "metrics.a: inf", "classes[0]: an empty",
                 "classes[1]: 1 is no text", "arch: layers[2] 'bn1' momentum: unknown"):
        assert said in str(caught.value)
    content["metrics"] = {str(number): {1} for number in range(5000)}
    torch.save(content, saved)
    with pytest.raises(Refusal, match=r"and 4,9\d\d more"):
        load(saved)


def test_tuples_are_stored_as_lists(checkpoint, saved):
    checkpoint.training["kurtosis"] = (1.8, (2, 3))
    save(checkpoint, saved)
    assert load(saved).training["kurtosis"] == [1.8, [2, 3]]


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
