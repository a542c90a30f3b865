"""The PyTorch network of an ``arch``, to be trained or to load weights into."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from torch import Tensor, nn

from model import layers
from model.arch import Arch, parse
from model.records import (
    Add,
    Affine,
    BatchNorm,
    Clamp,
    Conv,
    Dense,
    Dropout,
    Duplicate,
    MaxPool,
    Record,
    Shape,
    Subsample,
    Threshold,
)


class BinaryNetwork(nn.Module):
    """A network from uint8 images (N, C, H, W) to float scores (N, classes).

    Keys of its ``state_dict`` are the layers' own: ``conv1.weight``, ``bn1.running_mean``.
    """

    def __init__(self, arch: Arch) -> None:
        super().__init__()
        self.arch = arch
        # With an underscore, which no layer's name begins with.
        self._input = layers.InputTable(arch.input.table)
        for record in arch.layers:
            read = arch.reads[record.name]
            shape = arch.input.shape if read is None else arch.shapes[read]
            # Not add_module, which would refuse a layer called "float" or "train".
            self._modules[record.name] = _module(
                record, shape, read is None or arch.integers[read] is not None)
        # Plain lists, which torch.compile can trace.
        self._order = [(record.name, arch.reads[record.name],
                        record.source if isinstance(record, Add) else None)
                       for record in arch.layers]
        self._unread = _last_reads(arch)

    def stages(self, images: Tensor, only: Collection[str] | None = None) -> dict[str, Tensor]:
        """The output of every layer, by name and in order, for uint8 images (N, C, H, W).

        ``only`` are the names to return; other outputs are freed as soon as no layer needs them.
        """
        outputs: dict[str, Tensor] = {}
        x = self._input(images)
        for name, read, added in self._order:
            others = () if added is None else (outputs[added],)
            outputs[name] = self.layer(name)(x if read is None else outputs[read], *others)
            if only is not None:
                for done in self._unread[name]:
                    if done not in only:
                        del outputs[done]
        return outputs

    def forward(self, images: Tensor) -> Tensor:
        return self.scores(self.stages(images, only=(self.last,)))

    def scores(self, stages: Mapping[str, Tensor]) -> Tensor:
        """Scores (N, classes) among the outputs that `stages` returned."""
        return stages[self.last].flatten(1)

    @property
    def last(self) -> str:
        """Name of the layer whose output is the scores."""
        return self.arch.layers[-1].name

    def layer(self, name: str) -> nn.Module:
        module = self._modules[name]
        assert module is not None
        return module

    def products(self) -> list[layers.BinaryProduct]:
        """The convolutions and dense layers, in order."""
        return [module for module in self.modules() if isinstance(module, layers.BinaryProduct)]

    def signs(self) -> list[layers.Sign]:
        """The activations, in order."""
        return [module for module in self.modules() if isinstance(module, layers.Sign)]


_PLAIN: dict[str, Callable[[], nn.Module]] = {
    "sign": layers.Sign,
    "relu": nn.ReLU,
    "flatten": nn.Flatten,
    "global_average_pool": layers.GlobalAveragePool,
    "global_sum": layers.GlobalSum,
    "add": layers.Add,
}


def build(arch: Mapping[str, Any]) -> BinaryNetwork:
    """The network that ``arch`` describes, with fresh weights from torch's global generator.

    Raises
    ------
    Refusal
        For an arch that is not valid, naming every fault.
    """
    return BinaryNetwork(parse(arch))


def _last_reads(arch: Arch) -> dict[str, list[str]]:
    """For every layer, the outputs that no later layer reads, its own included."""
    last = {record.name: record.name for record in arch.layers}
    for record in arch.layers:
        for read in (arch.reads[record.name], record.source):
            if read is not None:
                last[read] = record.name
    return {name: [read for read, at in last.items() if at == name] for name in last}


def _module(record: Record, shape: Shape, whole: bool) -> nn.Module:
    """The PyTorch module of a record that reads a map or vector of ``shape``."""
    if isinstance(record, Conv):
        return layers.BinaryConv2d(
            shape[0], record.out, record.kernel, stride=record.stride, padding=record.padding,
            pad=record.pad, bias=record.bias, weights=record.weights, whole=whole)
    if isinstance(record, Dense):
        return layers.BinaryLinear(
            shape[0], record.out, bias=record.bias, weights=record.weights, whole=whole)
    if isinstance(record, MaxPool):
        return nn.MaxPool2d(record.kernel, record.stride)
    if isinstance(record, BatchNorm):
        kind = nn.BatchNorm1d if len(shape) == 1 else nn.BatchNorm2d
        return kind(shape[0], eps=record.eps, affine=record.affine is None)
    if isinstance(record, Affine):
        return layers.Affine(shape[0], shift=record.shift, bits=record.bits)
    if isinstance(record, Clamp):
        return layers.Clamp(record.low, record.high)
    if isinstance(record, Subsample):
        return layers.Subsample(record.stride, record.before, record.after)
    if isinstance(record, Dropout):
        return nn.Dropout(record.p)
    if isinstance(record, Duplicate):
        return layers.Duplicate(record.count)
    if isinstance(record, Threshold):
        return layers.Threshold(shape[0])
    return _PLAIN[record.model_dump()["kind"]]()
