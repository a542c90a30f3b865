"""The pattern: every thing hardware cannot do is told at once, by name, with what to change."""

import re

import pytest

from hw.network.nodes.node import BITS
from hw.network.pattern import pattern, problems
from model.refusal import Refusal
from model.topologies import topology

IDENTITY = [list(range(256))]


def conv(name, **changes):
    return {"kind": "conv", "name": name, "out": 4, "kernel": [3, 3], **changes}


def dense(name="fc", **changes):
    return {"kind": "dense", "name": name, "out": 10, **changes}


def layer(kind, name=None, **fields):
    return {"kind": kind, "name": name or kind, **fields}


def pool(name, size=2, **fields):
    return layer("max_pool", name, kernel=[size, size], **fields)


def arch(*layers, shape=(1, 12, 12), table=None):
    return {"input": {"shape": list(shape), "table": table or IDENTITY * shape[0]},
            "layers": list(layers)}


HEAD = (layer("flatten", "flat"), dense())
C1 = (conv("c1"), layer("sign", "s1"))


@pytest.mark.parametrize("layers", [
    (dense("fc"),),
    C1,
], ids=["dense on a map", "no head"])
def test_smallest_wrong_networks_have_a_problem(layers):
    assert problems(arch(*layers))


@pytest.mark.parametrize("layers", [
    HEAD,
    (*C1, *HEAD),
    (conv("c1"), pool("p"), layer("batch_norm"), layer("sign"), *HEAD),
    (conv("c1"), layer("batch_norm"), pool("p"), layer("sign"), *HEAD),
    (conv("c1"), layer("batch_norm"), layer("sign"), pool("p"), *HEAD),
    (conv("c1"), layer("threshold"), *HEAD),
    (conv("c1"), pool("p"), layer("threshold"), *HEAD),
    (conv("c1"), layer("threshold"), pool("p"), *HEAD),
    (conv("c1"), layer("duplicate"), layer("batch_norm"), layer("sign"), *HEAD),
    (conv("c1"), layer("duplicate"), pool("p"), layer("batch_norm"), layer("sign"), *HEAD),
    (conv("c1"), pool("p"), layer("duplicate"), layer("batch_norm"), layer("sign"), *HEAD),
    (conv("c1"), layer("duplicate"), layer("threshold"), pool("p"), *HEAD),
    (*C1, conv("head"), layer("global_average_pool")),
    (*C1, conv("head"), layer("batch_norm"), layer("global_average_pool"), layer("flatten")),
    (*C1, conv("head"), layer("global_average_pool"), layer("batch_norm")),
    (*C1, conv("head", kernel=[10, 10]), layer("flatten"), layer("batch_norm")),
    (layer("flatten"), dense("a"), layer("sign", "s1"), dense("b"), layer("sign", "s2"), dense()),
])
def test_every_order_of_the_pattern_is_taken(layers):
    assert problems(arch(*layers)) == []


def test_pattern_groups_records():
    found = pattern(arch(
        conv("c1", padding=[1, 1], pad="zero"), pool("p1"), layer("batch_norm", "b1"),
        layer("sign", "s1"), conv("c2"), layer("batch_norm", "b2"), layer("sign", "s2"),
        pool("p2"), *HEAD))
    first, second = found.bits
    assert (first.sources, first.pool_first, first.batch_norm["name"], first.name) == (
        ("c1",), True, "b1", "s1")
    assert (second.sources, second.pool_first, second.batch_norm["name"], second.name) == (
        ("c2",), False, "b2", "p2")
    assert (second.pool.height, second.pool.out_height, second.pool.stride) == (4, 2, (2, 2))
    assert (found["fc"].geometry.kernel, found["fc"].geometry.channels) == ((2, 2), 4)
    assert found.scores.sources == ("fc",) and found.scores.batch_norm is None
    assert [piece.name for piece in found.pieces] == ["c1", "s1", "c2", "p2", "fc", "fc.scores"]
    assert found.nodes == {"c1": "c1", "s1": "c1.pool", "c2": "c2", "p2": "c2.pool", "fc": "fc",
                           "fc.scores": "fc.scores"}


def test_inputs_are_bits_only_if_every_entry_is():
    signs = [[-1, 1] * 128]
    assert pattern(arch(*HEAD, table=signs)).inputs == BITS
    assert pattern(arch(*HEAD)).inputs == range(0, 256)
    assert pattern(arch(*HEAD, table=[[-1, 0, *[1] * 254]])).inputs == range(-1, 2)


@pytest.mark.parametrize(("pad", "span"), [
    ("-1", range(-1, 256)), ("zero", range(0, 256)), ("+1", range(0, 256))])
def test_inputs_include_what_a_padded_tap_reads(pad, span):
    layers = (conv("c1", padding=[1, 1], pad=pad), layer("sign", "s1"), *HEAD)
    assert pattern(arch(*layers)).inputs == span


@pytest.mark.parametrize(("layers", "told"), [
    ((conv("c1", weights="real"), layer("sign"), *HEAD),
     "layer 'c1': weights are real numbers; train it with weights 'binary', or run python -m "
     "model.quantise, which makes integers of them"),
    ((conv("c1"), layer("relu", "r"), *HEAD),
     "layer 'r': hardware has no relu yet; use sign"),
    ((*C1, layer("add", "a", **{"from": "s1"}), *HEAD),
     "layer 'a': add of the bits of 's1'; add what stands before the sign"),
    ((*C1, layer("affine", "a", shift=0, bits=8), *HEAD),
     "layer 'a': affine of the bits of 's1'; put it before the sign"),
    ((conv("c1"), layer("affine", "a", shift=0, bits=17), *HEAD),
     "layer 'fc': it reads integers of 17 bits, and hardware takes 16 at most; put a sign before "
     "it, or an affine of 16 bits"),
    ((conv("c1", kernel=[12, 12]), *HEAD),
     "layer 'fc': it reads integers of 17 bits, and hardware takes 16 at most; put a sign before "
     "it, or an affine of 16 bits"),
    ((conv("c1", bias=True), layer("affine", "a", shift=0, bits=8), *HEAD),
     "layer 'c1': a bias on sums that go on as integers; put it into the affine or batch_norm "
     "behind it"),
    ((conv("c1"), pool("p"), layer("affine", "a", shift=0, bits=8), *HEAD),
     "layer 'p': a max_pool of integers with no sign behind it; put a sign before or behind it"),
    ((conv("c1"), layer("duplicate", "d"), layer("affine", "a", shift=0, bits=8), *HEAD),
     "layer 'd': a duplicate of integers with no sign behind it; put a sign or threshold behind "
     "it, or remove it"),
    ((conv("c1"), layer("affine", "a", shift=0, bits=24), layer("add", "d", **{"from": "a"}),
      layer("sign"), *HEAD),
     "layer 'd': sums reach 16777216, which float32 does not hold exactly; keep them below "
     "16777216 with affines of fewer bits"),
    ((conv("c1"), layer("sign"), conv("c2", **{"from": "c1"}), layer("sign", "s2"), *HEAD),
     "layer 'sign': nothing reads it; remove it, or add it to what is read"),
    ((conv("c1"), layer("flatten", "f"), layer("affine", "a", shift=0, bits=8), dense()),
     "layer 'f': flatten in the middle of a layer; put it directly before the dense layer that "
     "reads it, behind sign and pool"),
    ((conv("c1"), pool("p1"), layer("sign"), pool("p2"), *HEAD),
     "layer 'p2': a second max_pool after 'p1' and before the next conv or dense; remove one "
     "of them"),
    ((conv("c1"), layer("batch_norm", "b1"), layer("batch_norm", "b2"), layer("sign"), *HEAD),
     "layer 'b2': a second batch_norm after 'b1' and before the next conv or dense; remove one "
     "of them"),
    ((conv("c1"), layer("batch_norm", "b1"), layer("sign"), layer("batch_norm", "b2"), *HEAD),
     "layer 'b2': a second batch_norm after 'b1' and before the next conv or dense; remove one "
     "of them"),
    ((*C1, layer("sign", "s2"), *HEAD),
     "layer 's2': a second sign after 's1' and before the next conv or dense; remove one of them"),
    ((*C1, layer("threshold", "t"), *HEAD),
     "layer 't': a threshold of what 's1' made bits already; remove one of them"),
    ((conv("c1"), layer("threshold", "t"), layer("sign", "s"), *HEAD),
     "layer 's': a sign of what 't' made bits already; remove one of them"),
    ((conv("c1"), layer("batch_norm", "b"), layer("threshold", "t"), *HEAD),
     "layer 't': a threshold after the batch_norm 'b'; use sign there, or put the batch_norm into "
     "the threshold"),
    ((conv("c1"), layer("threshold", "t"), layer("batch_norm", "b"), *HEAD),
     "layer 'b': batch_norm after the threshold; put it between the conv or dense and a sign"),
    ((*C1, *HEAD, layer("threshold", "t")),
     "layer 't': the network ends in bits, not in scores; end with a conv or dense and no "
     "threshold after it"),
    ((conv("c1"), layer("batch_norm"), *HEAD),
     "layer 'batch_norm': a batch_norm with no sign behind it; run python -m model.quantise, which "
     "makes integers of it, or put a sign behind it"),
    ((conv("c1"), layer("batch_norm", "b"), layer("duplicate", "d"), layer("sign"), *HEAD),
     "layer 'd': duplicate after the batch_norm; put it before the batch_norm, where it gives each "
     "sum several thresholds"),
    ((conv("c1"), layer("duplicate", "d"), layer("duplicate", "e"), layer("sign"), *HEAD),
     "layer 'e': a second duplicate after 'd' and before the next conv or dense; remove one of "
     "them"),
    ((*C1, *HEAD, layer("relu", "r")), "layer 'r': hardware has no relu yet; use sign"),
    ((*C1, *HEAD, layer("duplicate", "d")),
     "layer 'd': duplicate after the last conv or dense; remove it: each score has one sum"),
    ((*C1, layer("batch_norm", "b"), *HEAD),
     "layer 'b': batch_norm after the sign; put it between the conv or dense and the sign"),
    ((*C1, dense()),
     "layer 'fc': dense on a map of 4 x 10 x 10; put a flatten before it"),
    ((*C1, layer("flatten"), conv("c2", kernel=[10, 10])),
     "layer 'c2': conv on a flat vector; use dense, or remove the flatten"),
    ((conv("c1"), layer("flatten"), layer("sign"), dense()),
     "layer 'flatten': flatten in the middle of a layer; put it directly before the dense layer "
     "that reads it, behind sign and pool"),
    ((*C1, layer("global_average_pool", "gap"), layer("flatten"), dense("d1"), layer("sign"),
      dense()),
     "layer 'gap': an average that is not of scores; keep it for the head, the last conv or dense "
     "of the network"),
    ((conv("c1"), layer("global_average_pool", "gap"), layer("sign"), conv("c2", kernel=[1, 1])),
     "layer 'gap': an average that is not of scores; keep it for the head, the last conv or dense "
     "of the network"),
    ((*C1, layer("global_average_pool", "gap"),
      conv("c2", kernel=[3, 3], padding=[1, 1], pad="zero")),
     "layer 'gap': an average that is not of scores; keep it for the head, the last conv or dense "
     "of the network"),
    ((layer("batch_norm", "b"), *C1, *HEAD),
     "layer 'b': batch_norm before the first conv or dense; move it behind one, or put what it "
     "does into the input table"),
    ((*C1, *HEAD, layer("sign", "s")),
     "layer 's': the network ends in bits, not in scores; end with a conv or dense and no sign "
     "after it"),
    ((*C1, conv("head"), pool("p"), layer("global_average_pool")),
     "layer 'p': max_pool after the last conv or dense; use global_average_pool there, or move "
     "the pool before it"),
    ((*C1, conv("head")),
     "layer 'head': the scores end as a map of 8 x 8; add a global_average_pool, or flatten and "
     "use dense"),
    ((*C1, conv("head"), layer("batch_norm", "b1"), layer("global_average_pool"),
      layer("batch_norm", "b2")),
     "layer 'b2': a second batch_norm after 'b1' and before the next conv or dense; remove one "
     "of them"),
    ((*C1, conv("big", kernel=[11, 11]), layer("global_average_pool")),
     "layer 'big': a kernel of 11 x 11 on a map of 10 x 10; use a smaller kernel, more padding or "
     "fewer pools before it"),
    ((*C1, pool("p", size=11), *HEAD),
     "layer 'p': a kernel of 11 x 11 on a map of 10 x 10; use a smaller kernel, more padding or "
     "fewer pools before it"),
    ((*C1, pool("p", padding=[1, 1]), *HEAD),
     "layer 'p': a pool with padding; pad the conv before it instead"),
    ((conv("c1", kernel=[1, 1], padding=[1, 1], pad="zero"), layer("sign"), *HEAD),
     "layer 'c1': padding (1, 1) lets a kernel of (1, 1) stand wholly outside the map; pad with "
     "less than the kernel"),
    ((*C1, layer("gelu", "g"), *HEAD),
     "layer 'g': unknown kind 'gelu'; see model/arch.py for the kinds there are"),
    ((layer("flatten"), layer("sign")),
     "network: it has no conv or dense layer; add one whose sums are the scores"),
])
def test_problem_names_the_layer_and_the_change(layers, told):
    assert problems(arch(*layers)) == [told]


def test_sums_float32_cannot_hold_are_refused():
    large = [[-32768] * 256]
    layers = (conv("c1", kernel=[24, 24]), layer("sign"), *HEAD)
    assert problems(arch(*layers, shape=(1, 24, 24), table=large)) == [
        "layer 'c1': sums reach 18874368, which float32 does not hold exactly; keep them below "
        "16777216 with a smaller kernel or input table"]


def test_all_problems_are_told_at_once_in_order():
    wrong = arch(layer("relu", "r0"), conv("c1", weights="real"), layer("relu", "r1"), conv("c2"),
                 layer("batch_norm", "b2"), layer("add", "a", **{"from": "c1"}), dense(),
                 layer("sign", "end"))
    names = [line.split("'")[1] for line in problems(wrong)]
    assert names == ["r0", "c1", "r1", "b2", "fc", "end"]
    with pytest.raises(Refusal) as refusal:
        pattern(wrong)
    assert str(refusal.value).splitlines() == ["6 things hardware cannot do:", *problems(wrong)]


def test_layers_with_the_same_problem_share_a_line():
    reals = [conv(f"c{number}", weights="real") for number in range(4)]
    signs = [{"kind": "sign", "name": f"s{number}"} for number in range(4)]
    layers = [each for couple in zip(reals, signs, strict=True) for each in couple]
    for count, told in ((2, ["layer 'c0': weights", "layer 'c1': weights"]),
                        (3, ["layers 'c0', 'c1' and 1 more: weights"]),
                        (4, ["layers 'c0', 'c1' and 2 more: weights"])):
        found = [line for line in problems(arch(*layers[:2 * count])) if "real numbers" in line]
        assert [line.split(" are real")[0] for line in found] == told


def test_one_problem_is_one_line():
    with pytest.raises(Refusal, match=r"\Alayer 'head': the scores end as a map .*\Z"):
        pattern(arch(*C1, conv("head")))


def quantised(layers):
    """With an affine for every batch norm that no sign follows, but the last."""
    *others, last = layers
    return [{**record, "kind": "affine", "shift": 8, "bits": 12}
            if record["kind"] == "batch_norm" and behind["kind"] != "sign" else record
            for record, behind in zip(others, layers[1:], strict=True)] + [last]


@pytest.mark.parametrize("name", ["resnet20", "resnet18"])
def test_residual_network_is_taken_once_its_stream_is_of_integers(name):
    table = [[2 * (p > 127) - 1 for p in range(256)]] * 3
    trained = topology(name, 4, [3, 32, 32], table)
    (told,) = problems(trained)
    count = len(quantised(trained["layers"])) - sum(
        record in trained["layers"] for record in quantised(trained["layers"]))
    assert re.match(rf"layers '\w+', '\w+' and {count - 2} more: a batch_norm with no sign", told)
    assert "run python -m model.quantise" in told and count > 8
    assert problems({**trained, "layers": quantised(trained["layers"])}) == []


def test_vgg_small_is_hardware_as_it_is_trained():
    table = [[2 * (p > 127) - 1 for p in range(256)]] * 3
    assert problems(topology("vgg-small", 4, [3, 32, 32], table)) == []


@pytest.mark.parametrize("layers", [
    (conv("c1"), pool("p"), layer("duplicate"), layer("sign")),
    (conv("c1"), layer("duplicate"), layer("sign"), pool("p")),
])
def test_a_pool_is_of_both_bits_of_a_sum(layers):
    (only,) = pattern(arch(*layers, *HEAD)).bits
    assert (only.copies, only.channels, only.pool.channels) == (2, 4, 8)
