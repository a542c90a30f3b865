"""Rows of carry cells of ECP5, in Verilog: two bits of an adder in each CCU2C."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

Half = tuple[int, Sequence[str]]
"""Of a carry cell: INIT, and the nets of A to D.

It gives ``S = f(A, B, C, D) ^ carry`` and carries on the carry where f is 1, else f(A, B, 0, 0):
Lattice FPGA-TN-02204."""

FREE = "1'b1"
"""A pin that changes nothing: open pins are 1, where a 0 has to be brought there by a net that
reaches over the whole device."""

HALVES = 24
"""Most halves of a row of several additions: three tiles, which a count of 15 products fills.
Longer rows waste less, but lie side by side far from what they add, and for static timing a carry
goes through all of them."""

OPEN = 4
"""Rows that are filled at a time. One has the shortest wires inside it, and wastes 2 % more
halves; with more than four hardly any are saved."""

Placed = tuple[int, Sequence[str], str]
"""A half and the net of its S, which may be none."""


def begun_by(carry: str) -> Placed:
    """The half that begins a row with a net: with D = 1 it passes nothing on, and f(A, 0, 0, 0) is
    A."""
    return 0x00AA, (carry, FREE, FREE, FREE), ""


@dataclass(frozen=True, kw_only=True)
class Addition:
    """An addition that lies in a row between others.

    Parameters
    ----------
    first : half with f = 0 for what is at its pins, whose f(A, B, 0, 0) is what is carried in; the
        carry of the addition below comes out at its S.
    halves : those of the bits, the low one first, with the nets of their sums.
    carry : net of the last carry; empty where nothing reads it.
    """

    first: Half
    halves: Sequence[Placed]
    carry: str

    @property
    def size(self) -> "Size":
        return len(self.halves), bool(self.carry)


Size = tuple[int, bool]
"""Bits of an addition, and whether its last carry is read."""

Group = tuple[Size, ...]
"""Additions that share a row."""


def together(groups: Sequence[Sequence[Addition]]) -> Iterator[list[Placed]]:
    """The halves of rows of at most `HALVES` that have all additions, those of a group in one row.

    An addition of k bits takes k + 1 halves, and a row one more, which gives its last carry if that
    is read.
    """
    for row in packed(tuple(tuple(each.size for each in group) for group in groups)):
        halves: list[Placed] = []
        below = ""
        for each in (groups[group][k] for group, k in row):
            halves += [(*each.first, below), *each.halves]
            below = each.carry
        yield [*halves, (0, (FREE,) * 4, below)] if below else halves


@cache
def packed(groups: tuple[Group, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The additions of every row, each by its group and its place there.

    Neighbours share rows, as one often adds what the other gives, and that wire then stays in a
    tile: a group goes to the latest of `OPEN` rows that has room. What is too wide is a row of its
    own. A row ends with an addition whose carry is not read, and has at most one such.
    """
    rows: list[list[int]] = []
    waiting: list[list[int]] = []

    def sizes(row: Sequence[int]) -> list[Size]:
        return [size for group in row for size in groups[group]]

    for number in range(len(groups)):
        for row in reversed(waiting):
            if fits(sizes([*row, number])):
                break
        else:
            if len(waiting) == OPEN:
                waiting.remove(max(waiting, key=lambda row: _length(sizes(row))))
            row = []
            rows.append(row)
            waiting.append(row)
        row.append(number)
    places = ([(group, k) for group in row for k in range(len(groups[group]))] for row in rows)
    return tuple(
        tuple(sorted(row, key=lambda place: not groups[place[0]][place[1]][1])) for row in places
    )


def fits(sizes: Sequence[Size]) -> bool:
    """True if one row has room for some additions."""
    return _length(sizes) <= HALVES and sum(not read for _, read in sizes) <= 1


def packed_halves(groups: tuple[Group, ...]) -> int:
    """Halves of the carry cells of such rows, of which there are two in each."""
    lengths = (_length([groups[group][k] for group, k in row]) for row in packed(groups))
    return sum(length + length % 2 for length in lengths)


def _length(row: Sequence[Size]) -> int:
    """Halves of a row: one more if all carries in it are read."""
    return sum(width + 1 for width, _ in row) + all(read for _, read in row)


def cells(name: str, halves: Sequence[Placed]) -> Iterator[str]:
    """Verilog lines of a row; its first half must carry nothing on.

    abc9 wants a net at every output. The beginning of the chain stays open, as a driven one costs
    two LUT4; so would its end, but `hw.emit.known.ecp5.cut_carries` opens all of those.
    """
    halves = [*halves, (0, (FREE,) * 4, "")][: len(halves) + len(halves) % 2]
    count = len(halves) // 2
    yield f"  wire [{count}:1] {name};"
    yield f"  wire [{len(halves) - 1}:0] {name}_open;"
    for k in range(count):
        pair = [
            (init, nets, out or f"{name}_open[{half}]")
            for half, (init, nets, out) in enumerate(halves[2 * k : 2 * k + 2], 2 * k)
        ]
        start = f"{name}[{k}]" if k else ""
        yield f"  {_cell(f'{name}_{k}', pair, start, f'{name}[{k + 1}]')}"


def _cell(name: str, halves: Sequence[Placed], start: str, end: str) -> str:
    pins = [f".CIN({start})", f".COUT({end})"]
    options = ['.INJECT1_0("NO")', '.INJECT1_1("NO")']
    for half, (init, inputs, out) in enumerate(halves):
        options.append(f".INIT{half}(16'h{init:04x})")
        pins += [f".{pin}{half}({net})" for pin, net in zip("ABCD", inputs, strict=True)]
        pins.append(f".S{half}({out})")
    return f"CCU2C #({', '.join(options)}) {name} ({', '.join(pins)});"
