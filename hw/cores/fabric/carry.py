"""Rows of carry cells of ECP5, in Verilog: two bits of an adder in each CCU2C."""

from collections.abc import Iterator, Sequence

Half = tuple[int, Sequence[str]]
"""Of a carry cell: INIT, and the nets of A to D.

It gives ``S = f(A, B, C, D) ^ carry`` and carries on the carry where f is 1, else f(A, B, 0, 0):
Lattice FPGA-TN-02204."""

FREE = "1'b1"
"""A pin that changes nothing: open pins are 1, where a 0 has to be brought there by a net that
reaches over the whole device."""

Placed = tuple[int, Sequence[str], str]
"""A half and the net of its S, which may be none."""


def begun_by(carry: str) -> Placed:
    """The half that begins a row with a net: with D = 1 it passes nothing on, and f(A, 0, 0, 0) is
    A."""
    return 0x00AA, (carry, FREE, FREE, FREE), ""


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
