"""A simulated serial port: the reference board over a line with faults, in simulated time.

Waiting takes no real time, so that a driver can be tested with thousands of faults in seconds.
"""

from collections import Counter, deque
from random import Random

from boards.protocol import BITS_OF_A_BYTE, GAP, Fault, Info, Kind
from sim.line_faults import BYTES
from sim.reference_board import Classify, ReferenceBoard

READ = 0.1
"""Most simulated seconds that a read waits."""
LATE = 4.0
"""Most seconds by which a reply is late, as after a hub that stalls: longer than a timeout."""


class FaultyPort:
    """A `boards.driver.Port` and `boards.driver.Clock` with random faults in frames both ways.

    Parameters
    ----------
    info, classify, kept : parameters of the `ReferenceBoard`
    chance : probability of a fault in a frame
    seed : seed of all random numbers
    baud : rate of the line in Hz

    Attributes
    ----------
    to_board, to_host : number of faults by their kind
    told : faults that the board replied
    """

    def __init__(
        self, info: Info, classify: Classify, *, kept: int, chance: float, seed: int,
        baud: int = 1_000_000,
    ) -> None:
        self.to_board: Counter[str] = Counter()
        self.to_host: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self._numbers = Random(f"port {seed}")
        self._chance = chance
        self._byte = BITS_OF_A_BYTE / baud
        # A board may drop a frame after half of the gap.
        silence = self._numbers.uniform(0.5, 1.0) * GAP / self._byte
        self._board = ReferenceBoard(info, classify, silence=silence, kept=kept)
        self._now, self._free, self._taken = 0.0, 0.0, 0
        self._coming: deque[tuple[float, int]] = deque()

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float, /) -> None:
        self._now += seconds

    @property
    def in_waiting(self) -> int:
        self._listen()
        return sum(time <= self._now for time, _ in self._coming)

    def read(self, size: int = 1, /) -> bytes:
        if not self.in_waiting:
            first = self._coming[0][0] if self._coming else self._now + READ
            self._now = min(first, self._now + READ)
        return bytes(self._coming.popleft()[1] for _ in range(min(size, self.in_waiting)))

    def write(self, data: bytes, /) -> int:
        self._listen()
        self._free = max(self._free, self._now)
        for byte in self._spoilt(data, self.to_board):
            self._free += self._byte
            self._board.take(byte, self._free / self._byte)
        return len(data)

    def _spoilt(self, data: bytes, met: Counter[str]) -> bytes:
        if self._numbers.random() >= self._chance:
            return data
        fault = self._numbers.choice(BYTES)
        met[fault.__name__] += 1
        return fault(self._numbers, data)

    def _listen(self) -> None:
        """Receive the board's replies up to now, with faults."""
        self._board.rest(max(self._now, self._free) / self._byte)
        for frame, leaves in zip(
            self._board.replies[self._taken :], self._board.leaves[self._taken :], strict=True
        ):
            if frame.kind == Kind.ERROR:
                self.told[Fault(frame.payload[0]).name] += 1
            data = self._spoilt(frame.encode(), self.to_host)
            time = leaves * self._byte
            if self._numbers.random() < self._chance / 50:
                self.to_host["late"] += 1
                time += self._numbers.uniform(0, LATE)
            if self._coming:
                time = max(time, self._coming[-1][0])
            self._coming += ((time, byte) for byte in data)
        self._taken = len(self._board.replies)


