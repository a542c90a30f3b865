"""docs/refusals.md has a row for everything that hardware refuses, and none for anything else."""

import re
from pathlib import Path

import pytest

from hw.network.pattern import problems

PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"
ROW = re.compile(r"^\|[^|]+\| `((?:network|layer)\b[^`]+)` \| `([^`]+)`", re.MULTILINE)


def conv(name, **fields):
    return {"kind": "conv", "name": name, "out": 4, "kernel": [3, 3], **fields}


def layer(kind, name=None, **fields):
    return {"kind": kind, "name": name or kind, **fields}


def pool(name="p", **fields):
    return layer("max_pool", name, kernel=[2, 2], **fields)


def dense(name, out=10):
    return layer("dense", name, out=out)


HEAD = (layer("flatten"), dense("fc"))
C1 = (conv("c1"), layer("sign", "s1"))
REFUSED = {
    "no product": (layer("sign"),),
    "a batch norm on a stream": (
        conv("c1"), layer("batch_norm", "b"), layer("sign"), conv("c2", kernel=[1, 1]),
        layer("add", **{"from": "b"}), layer("sign", "s2"), *HEAD),
    "two batch norms on a stream": (
        conv("c1"), layer("batch_norm", "b"), layer("batch_norm", "b2"), layer("sign"),
        conv("c2", kernel=[1, 1]), layer("add", **{"from": "b"}), layer("sign", "s2"), *HEAD),
    "a pool on a stream": (
        conv("c1"), pool(), layer("sign"), conv("c2", kernel=[1, 1]), layer("add", **{"from": "p"}),
        layer("sign", "s2"), *HEAD),
    "a duplicate on a stream": (conv("c1"), layer("duplicate"), *HEAD),
    "an unread layer": (*C1, conv("c2", **{"from": "c1"}), layer("sign"), *HEAD),
    "an add of bits": (*C1, layer("add", **{"from": "s1"}), *HEAD),
    "an affine of bits": (*C1, layer("affine", shift=0, bits=8), *HEAD),
    "a clamp of bits": (*C1, layer("clamp"), *HEAD),
    "a clamp between fractions": (conv("c1"), layer("clamp", low=-0.5), layer("sign"), *HEAD),
    "a large global sum": (conv("c1"), layer("affine", shift=0, bits=20), layer("global_sum"),
                           layer("sign"), *HEAD),
    "wide integers": (conv("c1"), layer("affine", shift=0, bits=17), *HEAD),
    "a bias on a stream": (conv("c1", bias=True), layer("affine", shift=0, bits=8), *HEAD),
    "a large add": (
        conv("c1"), layer("affine", "a", shift=0, bits=24), layer("add", **{"from": "a"}),
        layer("sign"), *HEAD),
    "relu": (conv("c1"), layer("relu"), *HEAD),
    "an unknown kind": (*C1, layer("gelu"), *HEAD),
    "real weights": (conv("c1", weights="real"), layer("sign"), *HEAD),
    "large sums": (conv("c1", kernel=[24, 24]), layer("sign"), *HEAD),
    "a layer before the first product": (layer("batch_norm"), *C1, *HEAD),
    "no sign": (conv("c1"), layer("batch_norm"), *HEAD),
    "two pools": (conv("c1"), pool(), layer("sign"), pool("q"), *HEAD),
    "two batch norms": (*C1, *HEAD, layer("batch_norm", "a"), layer("batch_norm", "b")),
    "two duplicates": (
        conv("c1"), layer("duplicate", "d"), layer("duplicate", "e"), layer("sign"), *HEAD),
    "a threshold of a sign": (*C1, layer("threshold"), *HEAD),
    "a sign of a threshold": (conv("c1"), layer("threshold"), layer("sign"), *HEAD),
    "a threshold of a batch norm": (conv("c1"), layer("batch_norm"), layer("threshold"), *HEAD),
    "a batch norm behind a sign": (*C1, layer("batch_norm"), *HEAD),
    "a batch norm behind a threshold": (
        conv("c1"), layer("threshold"), layer("batch_norm"), *HEAD),
    "a duplicate behind a batch norm": (
        conv("c1"), layer("batch_norm"), layer("duplicate"), layer("sign"), *HEAD),
    "a duplicate behind a sign": (*C1, layer("duplicate"), *HEAD),
    "a duplicate in the head": (*C1, *HEAD, layer("duplicate")),
    "a large kernel": (*C1, conv("c2", kernel=[11, 11]), layer("global_average_pool")),
    "a large pool": (*C1, layer("max_pool", kernel=[11, 11]), *HEAD),
    "large padding": (
        conv("c1", kernel=[1, 1], padding=[1, 1], pad="zero"), layer("sign"), *HEAD),
    "a padded pool": (*C1, pool(padding=[1, 1]), *HEAD),
    "a pool of a vector": (
        layer("flatten"), dense("d1"), layer("max_pool", kernel=[1, 1]), layer("sign"),
        dense("fc")),
    "a conv of a vector": (*C1, layer("flatten"), conv("c2", kernel=[10, 10])),
    "a dense layer of a map": (*C1, dense("fc")),
    "a flatten before the sign": (conv("c1"), layer("flatten"), layer("sign"), dense("fc")),
    "a hidden average": (
        *C1, layer("global_average_pool"), layer("flatten"), dense("d1"), layer("sign"),
        dense("fc")),
    "a pool in the head": (*C1, conv("c2"), pool(), layer("global_average_pool")),
    "a sign in the head": (*C1, *HEAD, layer("sign")),
    "a threshold in the head": (*C1, *HEAD, layer("threshold")),
    "a map of scores": (*C1, conv("c2")),
}


def rows():
    """A pattern for each documented line: what is said, and what to do instead."""
    return [re.compile(re.sub(r"<\w+>", ".+", re.escape(f"{said}; {change}")))
            for said, change in ROW.findall(PAGE.read_text())]


def refusals(name):
    # The steepest table and the largest map where sums have to be large.
    side, table = (24, [[-32768] * 256]) if name == "large sums" else (12, [list(range(256))])
    arch = {"input": {"shape": [1, side, side], "table": table}, "layers": list(REFUSED[name])}
    return problems(arch)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_said_is_one_row_of_the_page(name):
    (told,) = refusals(name)
    assert [bool(row.fullmatch(told)) for row in rows()].count(True) == 1, told


def test_every_row_of_the_page_is_said_of_some_network():
    told = [line for name in REFUSED for line in refusals(name)]
    silent = [row.pattern for row in rows() if not any(map(row.fullmatch, told))]
    assert rows() and silent == []
