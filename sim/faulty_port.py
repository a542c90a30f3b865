"""A serial port with a bad line and the page's board at its other end, in a time of its own.

Timeouts cost nothing, so that a driver meets thousands of faults in seconds.
"""

from collections import Counter, deque
from random import Random

from boards.protocol import BITS_OF_A_BYTE, GAP, Fault, Info, Kind
from sim.line_faults import BYTES
from sim.reference_board import Classify, ReferenceBoard

READ = 0.1
"""Seconds that a read waits."""
LATE = 4.0
"""Seconds by which a reply may be late, as behind a hub that stalls: longer than a timeout."""


class FaultyPort:
    """As `boards.driver.Port` and `boards.driver.Clock`: every frame may meet a fault, either way.

    Parameters
    ----------
    info, classify, kept : of the board, as of `ReferenceBoard`
    chance : of a fault in a frame
    seed : of all that is random
    baud : of the line

    Attributes
    ----------
    to_board, to_host : how often each kind of fault was met, by its name
    told : faults that the board told
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
        # The board may give a frame up after half of the gap already.
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
        """What the board said since the last time comes, spoilt."""
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


