"""The archive: what comes back is what was saved, and nothing else comes back."""

import dataclasses
import struct
import zipfile

import numpy as np
import pytest

from hw.network import archive
from hw.network.archive import digest, load, save
from hw.network.fold import fold
from hw.network.reference import Reference
from model.refusal import Refusal
from sim.random_networks import random_checkpoint, random_images


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_network_comes_back_whole(tmp_path, seed, pairs):
    checkpoint = random_checkpoint(seed, pairs=pairs)
    network = fold(checkpoint)
    save(network, tmp_path / "network.npz")
    loaded = load(tmp_path / "network.npz")
    images = random_images(checkpoint, 10)
    assert digest(loaded) == digest(network)
    assert (Reference(loaded).run(images).scores == Reference(network).run(images).scores).all()
    for before, after in zip(network.products, loaded.products, strict=True):
        assert (after.name, after.geometry, after.inputs) == (
            before.name, before.geometry, before.inputs)
        assert after.weights.dtype == np.int8
    assert (loaded.classes, loaded.notes) == (network.classes, network.notes)
    assert loaded.scores.scale == network.scores.scale


def test_equal_networks_make_equal_files(tmp_path):
    for name in ("a.npz", "b.npz"):
        save(fold(random_checkpoint(3)), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_digest_sees_every_part_but_the_notes():
    network = fold(random_checkpoint(0))
    product, threshold, *others, scores = network.nodes

    def but(**changes):
        return dataclasses.replace(network, **changes)

    others = [
        but(table=network.table + np.int16(1)),
        but(classes=(*network.classes[:-1], "other")),
        but(nodes=(*network.nodes[:-1], dataclasses.replace(scores, offsets=scores.offsets + 1))),
        but(nodes=(*network.nodes[:-1], dataclasses.replace(scores, scale=scores.scale * 2))),
        but(nodes=(product, dataclasses.replace(threshold, thresholds=threshold.thresholds + 1),
                   *others, scores)),
        but(nodes=(dataclasses.replace(product, weights=-product.weights),
                   *network.nodes[1:])),
    ]
    assert len({digest(other) for other in [network, *others]}) == len(others) + 1
    assert digest(but(notes=("something",))) == digest(network)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(Refusal, match=r"network\.npz: no such file"):
        load(tmp_path / "network.npz")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 broken"])
def test_foreign_bytes_are_refused(tmp_path, content):
    (tmp_path / "network.npz").write_bytes(content)
    with pytest.raises(Refusal, match=r"not a folded network|damaged"):
        load(tmp_path / "network.npz")


def test_pickled_objects_are_refused_unread(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").write_text, ("boo",))

    np.savez(tmp_path / "network.npz", header=np.array([Trap()], object))
    with pytest.raises(Refusal, match="not a folded network"):
        load(tmp_path / "network.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("step", range(4))
def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(tmp_path, step):
    network = fold(random_checkpoint(1))
    path = tmp_path / "network.npz"
    save(network, path)
    good, refused = bytearray(path.read_bytes()), 0
    places = range(7 * step, len(good), 29)
    for place in places:
        flipped = good.copy()
        flipped[place] ^= 1 << (place // 29 + step) % 8
        path.write_bytes(flipped)
        try:
            assert digest(load(path)) == digest(network)
        except Refusal as refusal:
            refused += 1
            assert "\n" not in str(refusal)
    assert refused > len(places) // 2


@pytest.mark.parametrize(("claimed", "said"), [
    (30 << 20, "its records claim 31,457,280 bytes, in a file of"), (10, "damaged")])
def test_archive_that_unpacks_to_more_than_a_network_is_refused_before_it_is(
    tmp_path, monkeypatch, claimed, said
):
    monkeypatch.setattr(archive, "LARGEST", 2**24)
    path = tmp_path / "network.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("table.npy", bytes(30 << 20))
    honest = struct.pack("<L", 30 << 20)
    path.write_bytes(path.read_bytes().replace(honest, struct.pack("<L", claimed)))
    with pytest.raises(Refusal, match=said):
        load(path)


def test_arrays_of_the_wrong_shape_are_refused(tmp_path):
    save(fold(random_checkpoint(0)), tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = next(name for name in arrays if name.endswith(".thresholds"))
    np.savez(tmp_path / "network.npz", **{**arrays, name: arrays[name][:0]})
    with pytest.raises(Refusal, match=rf"{name} has shape \(0,\), expected"):
        load(tmp_path / "network.npz")


def test_unwritable_place_is_refused(tmp_path):
    with pytest.raises(Refusal, match="cannot be written"):
        save(fold(random_checkpoint(0)), tmp_path / "nowhere" / "network.npz")
