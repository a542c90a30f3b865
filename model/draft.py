"""The draft of a network: records and tensors while they are rewritten, with what reads what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from model.arch import Arch
from model.records import TO_BITS, Add, AnyRecord, BatchNorm, Product, Threshold
from model.scales import MOVES, Form, absorb
from model.settled import completed


@dataclass(kw_only=True)
class Layer:
    """A record, whose own ``source`` counts for nothing here, and the layers that it reads.

    None among ``reads`` is the image; an `Add` reads two.
    """

    record: AnyRecord
    reads: list[str | None]

    @property
    def name(self) -> str:
        return self.record.name


class Readers(NamedTuple):
    """What reads a map, directly or behind layers that a scale passes through.

    ``scores`` says that the network also ends with it.
    """

    records: list[AnyRecord]
    scores: bool


class Draft:
    """A network in pieces. Layers stay in the order of the arch, in which all reads lie before.

    Raises
    ------
    Refusal
        For a network with a dropout that cannot be left out.
    """

    def __init__(self, arch: Arch, tensors: Mapping[str, Tensor]) -> None:
        plainer, given = completed(arch, tensors)
        self.input = plainer.input
        self.tensors = {key: value.detach().clone() for key, value in given.items()}
        self.layers = [
            Layer(record=record, reads=[plainer.reads[record.name], record.source]
                  if isinstance(record, Add) else [plainer.reads[record.name]])
            for record in plainer.layers]
        self.added: set[str] = set()
        """Batch norms that normalise nothing: `give` added them for a scale and a bias."""

    @property
    def arch(self) -> Arch:
        """The arch as it is by now; it is not checked."""
        before: str | None = None
        records = list[AnyRecord]()
        for layer in self.layers:
            named = [read for read in layer.reads if read != before] or layer.reads[1:]
            records.append(layer.record.model_copy(update={"source": named[0] if named else None}))
            before = layer.name
        return Arch(input=self.input, layers=tuple(records))

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)

    def readers(self, name: str) -> Readers:
        """What reads the layer ``name``, behind layers that a positive scale passes through."""
        found, waiting = list[AnyRecord](), [name]
        for each in waiting:
            for layer in self.layers:
                if each in layer.reads and layer.record.kind in MOVES:
                    waiting.append(layer.name)
                elif each in layer.reads:
                    found.append(layer.record)
        return Readers(found, self.layers[-1].name in waiting)

    def fresh(self, name: str, end: str) -> str:
        """A name for a new layer that no layer has."""
        used = {layer.name for layer in self.layers}
        names = (f"{name[:48]}_{end}{number or ''}" for number in range(len(used) + 1))
        return next(each for each in names if each not in used)

    def insert(self, record: AnyRecord, behind: str) -> None:
        """Put a layer directly behind another, and let all read it that read the other."""
        for layer in self.layers:
            layer.reads = [record.name if read == behind else read for read in layer.reads]
        place = [layer.name for layer in self.layers].index(behind)
        self.layers.insert(place + 1, Layer(record=record, reads=[behind]))

    def branch(self, record: AnyRecord, reads: str | None, to: Layer) -> None:
        """Put a layer that reads ``reads`` directly before ``to``, and let only this one read it.
        """
        to.reads = [record.name if read == reads else read for read in to.reads]
        place = [layer.name for layer in self.layers].index(to.name)
        self.layers.insert(place, Layer(record=record, reads=[reads]))


@torch.no_grad()
def give(draft: Draft, name: str, form: Form) -> None:
    """Let what reads a product read ``x`` in place of ``scale * (x + shift)``.

    Batch norms absorb both, and the product's bias, which is in the shift, goes. Before signs and
    thresholds a scale makes no difference, and the shift remains as the bias. Otherwise a batch
    norm is put behind the product.
    """
    layer = draft.layer(name)
    record = layer.record
    assert isinstance(record, Product)
    records, scores = draft.readers(name)
    kinds = {reader.kind for reader in records}
    if kinds and kinds <= {*TO_BITS} and not scores:
        for reader in records:
            if isinstance(reader, Threshold):
                key = f"{reader.name}.threshold"
                scale = _each(form.scale, draft.tensors[key])
                draft.tensors[key] = (draft.tensors[key].double() / scale).float()
        if record.bias:
            draft.tensors[f"{name}.bias"] = form.shift.float()
        return
    if kinds != {"batch_norm"} or scores:
        records = [_norm(draft, name, record.out)]
    for reader in records:
        absorb(draft.tensors, reader, form)
    if record.bias:
        layer.record = record.model_copy(update={"bias": False})
        del draft.tensors[f"{name}.bias"]


def _norm(draft: Draft, name: str, channels: int) -> BatchNorm:
    """A batch norm that changes nothing, behind the product ``name``."""
    norm = BatchNorm(kind="batch_norm", name=draft.fresh(name, "norm"))
    draft.insert(norm, behind=name)
    draft.added.add(norm.name)
    ones, zeros = torch.ones(channels), torch.zeros(channels)
    values = {"weight": ones, "bias": zeros, "running_mean": zeros, "running_var": ones - norm.eps,
              "num_batches_tracked": torch.tensor(0)}
    draft.tensors |= {f"{norm.name}.{key}": value.clone() for key, value in values.items()}
    return norm


def _each(values: Tensor, of: Tensor) -> Tensor:
    """Values of channels for the channels that a duplicate has made of them."""
    return values.repeat_interleave(len(of) // len(values))
