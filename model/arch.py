"""The ``arch`` of a checkpoint, and its check, which tells all faults at once with their places."""

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model import wording
from model.faults import described, told
from model.integers import Integers, integers
from model.records import Add, AnyRecord, Conv, Dense, Extent, Shape
from model.refusal import Refusal

LAYERS, CHANNELS, FIELDS = 1000, 1024, 32
"""Most layers, channels of an image and fields of a record; an arch with more is refused unread."""

MAP, WEIGHTS = 2**24, 2**28
"""Most values of one map, padding included, and most weights of the network: 64 MiB and 1 GiB in
float32, so that one image and the weights fit in memory."""

Entry = Annotated[int, Field(strict=True, ge=-32768, le=32767)]
Channel = Annotated[tuple[Entry, ...], Field(min_length=256, max_length=256)]


class Input(BaseModel):
    """The input: the shape of images of unsigned bytes, and a table from bytes to integers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shape: tuple[Annotated[int, Field(strict=True, ge=1, le=CHANNELS)], Extent, Extent]
    table: Annotated[tuple[Channel, ...], Field(max_length=CHANNELS)]

    @model_validator(mode="before")
    @classmethod
    def _one_table_for_all_channels(cls, given: Any) -> Any:
        try:
            channels, (first, *_) = given["shape"][0], given["table"]
        except (KeyError, TypeError, ValueError, IndexError):
            return given
        flat = not isinstance(first, list | tuple)
        if flat and type(channels) is int and 1 <= channels <= CHANNELS:
            return {**given, "table": [given["table"]] * channels}
        return given


class Arch(BaseModel):
    """A network without its weights.

    Parameters
    ----------
    input : Input
        Image shape (channels, height, width) and a table of 256 integers per channel.
    layers : tuple of records
        In order; each reads the output of the one before, or of the earlier one it names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Input
    layers: Annotated[tuple[AnyRecord, ...], Field(min_length=1)]

    @cached_property
    def reads(self) -> dict[str, str | None]:
        """The layer whose output each layer reads, by name; None is the image.

        An `Add` reads the layer before it, and its ``source`` beside.
        """
        before: list[str | None] = [None, *(record.name for record in self.layers)]
        return {record.name: last if isinstance(record, Add) or record.source is None
                else record.source for last, record in zip(before, self.layers, strict=False)}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Output shape of every layer by name, in order."""
        return {name: output.shape for name, output in _walk(self, []).items()}

    @cached_property
    def integers(self) -> dict[str, Integers | None]:
        """The integers that every layer gives, by name; None for one that gives other numbers."""
        return {name: output.integers for name, output in _walk(self, []).items()}

    @property
    def classes(self) -> int:
        """Number of scores."""
        return self.shapes[self.layers[-1].name][0]

    def plain(self) -> dict[str, Any]:
        """The arch as the dict of lists, numbers and strings in a checkpoint, with all defaults.

        Only fields that are younger than the format, ``affine`` and ``count``, are left out at
        their defaults, so that the digest of a network stays what it was.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def parse(arch: Mapping[str, Any]) -> Arch:
    """Check ``arch`` and fill in its defaults.

    Raises
    ------
    Refusal
        With every fault and its place, in one line.
    """
    parsed, faults = examined(arch)
    if parsed is None or faults:
        raise Refusal(f"arch: {told(faults)}")
    return parsed


def examined(arch: Any) -> tuple[Arch | None, list[str]]:
    """The checked arch, None if it cannot be read at all; and all its faults with their places."""
    if faults := _too_much(arch):
        return None, faults
    try:
        parsed = Arch.model_validate(arch)
    except ValidationError as error:
        causes = _causes(error.errors(include_url=False))
        return None, [wording.told(fault, arch) for fault in causes]
    faults = _wrong_together(parsed)
    outputs = _walk(parsed, faults)
    return parsed, faults + _wrong_end(parsed, outputs)


def _too_much(arch: Any) -> list[str]:
    """Faults of an arch that would take long to check: too many layers, channels or fields."""
    try:
        layers, table = arch.get("layers"), arch["input"]["table"]
    except (AttributeError, KeyError, TypeError):
        layers, table = arch.get("layers") if isinstance(arch, dict) else None, None
    faults = []
    if isinstance(layers, list | tuple):
        if len(layers) > LAYERS:
            return [f"layers: {len(layers):,} of them, at most {LAYERS:,} are read"]
        faults += [f"layers[{number}]: {len(record):,} fields, at most {FIELDS} are read"
                   for number, record in enumerate(layers)
                   if isinstance(record, dict) and len(record) > FIELDS]
    if isinstance(table, list | tuple) and len(table) > CHANNELS:
        faults.append(f"input table: {described(table)}, at most {CHANNELS:,} channels are read")
    elif isinstance(table, list | tuple):
        faults += [f"input table[{number}]: found {described(channel)}, wanted 256 integers"
                   for number, channel in enumerate(table)
                   if isinstance(channel, list | tuple) and len(channel) > 256]
    return faults


def _causes(faults: Any) -> list[Any]:
    """pydantic's faults, without those of a list that is short as one of its entries is wrong."""
    places = {fault["loc"][:-1] for fault in faults}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in places]


def _wrong_together(arch: Arch) -> list[str]:
    """Faults between fields: not one table per channel, a name used twice, a layer read too early.
    """
    faults = []
    if len(arch.input.table) != arch.input.shape[0]:
        faults.append(f"input table: {len(arch.input.table)} tables for {arch.input.shape[0]}"
                      " channels; give one per channel")
    seen: set[str] = set()
    for number, record in enumerate(arch.layers):
        if record.name in seen:
            faults.append(f"layers[{number}] {record.name!r}: the name is used twice")
        if record.source is not None and record.source not in seen:
            faults.append(f"layers[{number}] {record.name!r} from: no earlier layer is called"
                          f" {record.source!r}")
        seen.add(record.name)
    return faults


class _Output(NamedTuple):
    """What a layer gives."""

    shape: Shape
    integers: Integers | None


def _walk(arch: Arch, faults: list[str]) -> dict[str, _Output]:
    """Outputs of the layers up to the first that has none; its fault goes to ``faults``."""
    outputs: dict[str, _Output] = {}
    top = max((abs(entry) for channel in arch.input.table for entry in channel), default=0)
    image = _Output(arch.input.shape, Integers(top))
    weights = 0
    if prod(arch.input.shape) > MAP:
        faults.append(f"input shape: {_sizes(arch.input.shape)} has more than {MAP:,} values; use"
                      " smaller images")
        return outputs
    for number, record in enumerate(arch.layers):
        read = arch.reads[record.name]
        if not {read, record.source} <= {None, *outputs}:
            break  # It reads a layer that does not come before: already among the faults.
        given = image if read is None else outputs[read]
        shape = given.shape
        try:
            out = record.out_shape(shape)
            weights += _check_size(record, shape, out)
            if weights > WEIGHTS:
                raise ValueError(f"makes {weights:,} weights in all, at most {WEIGHTS:,} are read;"
                                 " make the network smaller")
            known = [given.integers]
            if isinstance(record, Add):
                _check_add(record, shape, outputs[record.source].shape)
                known.append(outputs[record.source].integers)
            outputs[record.name] = _Output(out, integers(record, shape, *known))
        except ValueError as fault:
            faults.append(f"layers[{number}] {record.name!r}: {fault}")
            break
    return outputs


def _check_size(record: AnyRecord, shape: Shape, out: Shape) -> int:
    """Number of weights of a layer; ValueError for maps that would not fit in memory."""
    read = shape
    if isinstance(record, Conv):
        high, wide = record.padding
        read = shape[0], shape[1] + 2 * high, shape[2] + 2 * wide
    for sizes in (read, out):
        if prod(sizes) > MAP:
            raise ValueError(f"a map of {_sizes(sizes)} has more than {MAP:,} values; use smaller"
                             " images, fewer channels or a larger stride")
    if isinstance(record, Conv):
        return record.out * shape[0] * prod(record.kernel)
    return record.out * shape[0] if isinstance(record, Dense) else 0


def _sizes(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _check_add(record: Add, shape: Shape, other: Shape) -> None:
    if other != shape:
        raise ValueError(f"adds {list(other)} of {record.source!r} to {list(shape)}; both must have"
                         " one shape")


def _wrong_end(arch: Arch, outputs: dict[str, _Output]) -> list[str]:
    last = arch.layers[-1]
    if last.name not in outputs:
        return []
    shape = outputs[last.name].shape
    if all(extent == 1 for extent in shape[1:]):
        return []
    return [f"layers[{len(arch.layers) - 1}] {last.name!r}: the last layer must give one score per"
            f" class, gives a map {list(shape)}; end with a flatten and dense, or a"
            " global_average_pool"]
