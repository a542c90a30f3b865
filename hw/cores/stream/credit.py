"""Streams with credit-based flow control: a beat is offered only if a place is reserved for it."""

from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class CreditStream(wiring.Signature):
    """Beats in passes, for a result each; what has set out arrives some cycles later, in order.

    A net that stops all registers of a pipeline reaches far, and is the slowest of a large design.
    Here room for a result is reserved before its last beat sets out, and all registers always run.

    Members
    -------
    p : Out(shape)
        The payload of the beat that arrives.
    valid : Out(1)
        One arrives.
    room : In(1)
        Another beat may set out; from a flip-flop.
    reserve : Out(1)
        The last beat of a pass sets out; only while there is ``room``.
    """

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__({
            "p": Out(shape),
            "valid": Out(1),
            "room": In(1),
            "reserve": Out(1),
        })
