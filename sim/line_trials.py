"""Faults on the line to a board, thousands in one session, and what it answered to each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from random import Random

from boards.protocol import BITS_OF_A_BYTE, Answer, Fault, Frame, Info, Kind, Parser
from hw.design.top import BoardLogic
from hw.plan.plan import Slots
from sim.line_faults import KINDS, SILENT
from sim.reference_board import ReferenceBoard, replies
from sim.serial_wave import Run, decoded, encoded, session, waved
from sim.sums import Sums, expected
from sim.verilate import Model

SHAPE, CLASSES = (3, 3, 4), 5
INFO = Info(slots=2, shape=SHAPE, classes=CLASSES, score_bytes=2, digest=bytes(range(50, 66)))
KEPT = {"two": Slots(count=2), "one": Slots(count=1, exact=True), "none": Slots(count=0)}
"""What the link keeps of images."""
UNSURE = 24
"""Cycles beyond `silence` in which a byte may come before it or after."""
EACH = 6
"""Sequence numbers of a trial."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One fault and what comes after it.

    Parameters
    ----------
    kind : of the fault
    quiet : a silence follows it; else two sound frames follow at once, and then a silence
    truth : the image of every sequence number that the host used
    first : the first of the trial's sequence numbers
    runs : of the line
    """

    kind: str
    quiet: bool
    first: int
    truth: dict[int, bytes]
    runs: list[Run]


@dataclass(kw_only=True)
class Outcome:
    """What came of the trials with faults of one kind."""

    trials: int = 0
    answered: int = 0
    """What the fault was in got its answer all the same, the right one."""
    faults: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    """No reply to what the fault was in."""
    at_once: int = 0
    """Trials in which an image followed at once."""
    lost: int = 0
    """Such an image that got no answer."""


@dataclass(kw_only=True)
class Report:
    """What came of all trials; ``faults`` lists every broken rule."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    replies: int = 0
    open: int = 0
    faults: list[str] = field(default_factory=list)


def gap(divisor: int) -> int:
    """Cycles of silence that always end a frame."""
    return SILENT * BITS_OF_A_BYTE * divisor


def silence(divisor: int) -> int:
    """Cycles of silence after which the board ends it: the power of two of
    `hw.cores.link.timeout`."""
    return 1 << gap(divisor).bit_length() - 1


@cache
def board(kept: str, divisor: int) -> Model:
    """The board that is tried."""
    slots = KEPT[kept]
    info = replace(INFO, slots=slots.window)
    return waved(BoardLogic(
        Sums(SHAPE, CLASSES), info=info, divisor=divisor, gap=gap(divisor), slots=slots,
    ))  # fmt: skip


def trials(count: int, seed: int, divisor: int) -> list[Trial]:
    """So many faults, every kind in turn, each with a silence behind it every other time."""
    numbers = Random(f"line {seed}")
    made: list[Trial] = []
    while len(made) < count:
        turn, kind = divmod(len(made), len(KINDS))
        first = EACH * len(made) % 252
        tried = _trial(numbers, list(KINDS)[kind], first, turn % 2 == 0, divisor)
        _, times = decoded(tried.runs, divisor)
        # One that is a matter of a few cycles tells nothing.
        unsure = range(silence(divisor), silence(divisor) + UNSURE)
        if not any(after - before in unsure for before, after in pairwise(times)):
            made.append(tried)
    return made


def _trial(numbers: Random, kind: str, first: int, quiet: bool, divisor: int) -> Trial:
    images = [numbers.randbytes(INFO.image_bytes) for _ in range(3)]
    asked = _asked(Kind.CLASSIFY, first, images[0])
    if not numbers.randrange(5):
        asked = _asked(Kind.INFO, first)
    truth = {first: images[0], first + 2: images[1], first + 4: images[2]}
    runs = [(1, numbers.randrange(divisor)), *KINDS[kind](numbers, asked, divisor)]
    if not quiet:
        after = _asked(Kind.INFO, first + 1) + _asked(Kind.CLASSIFY, first + 2, images[1])
        runs += encoded(after, divisor)
    runs.append((1, silence(divisor) + 2 * UNSURE + 10 * divisor))
    probes = _asked(Kind.INFO, first + 3) + _asked(Kind.CLASSIFY, first + 4, images[2])
    runs += encoded(probes, divisor)
    # Until every answer is out.
    runs.append((1, 100 * 10 * divisor))
    return Trial(kind=kind, quiet=quiet, first=first, truth=truth, runs=runs)


def _asked(kind: Kind, sequence: int, payload: bytes = b"") -> bytes:
    return Frame(kind=kind, sequence=sequence, payload=payload).encode()


def answer(image: bytes) -> Answer:
    """Of the network that the board holds."""
    return expected(image, CLASSES, SHAPE[0])


def judge(kept: str, divisor: int, tried: Sequence[Trial], report: Report) -> None:
    """Play the trials on the board and hold its replies against the page and the host's rules."""
    slots = KEPT[kept]
    info = replace(INFO, slots=slots.window)
    runs = [run for trial in tried for run in trial.runs]
    heard, _ = decoded(session(board(kept, divisor), runs), divisor)
    parser = Parser()
    found = parser.feed(heard)
    if parser.broken or b"".join(frame.encode() for frame in found) != heard:
        report.faults.append(f"{kept}, divisor {divisor}: the board sent what is no frame")
    at = 0
    for trial in tried:
        at = _judge(trial, info, slots, divisor, found, at, report)
    if at != len(found):
        report.faults.append(f"{kept}, divisor {divisor}: {len(found) - at} replies too many")
    report.replies += len(found)


def _judge(
    trial: Trial, info: Info, slots: Slots, divisor: int, found: list[Frame], at: int,
    report: Report,
) -> int:
    """One trial, whose replies begin at ``at``; returns where they end."""
    unit = BITS_OF_A_BYTE * divisor
    received, times = decoded(trial.runs, divisor)

    def busy(number: int) -> bool:
        replied = [(each.kind, each.payload) for each in found[at + number : at + number + 1]]
        return replied == [(Kind.ERROR, bytes([Fault.BUSY]))]

    model = ReferenceBoard(
        info, answer, silence=(silence(divisor) + UNSURE / 2) / unit, kept=slots.count, busy=busy
    )
    wanted = replies(model, received, [time / unit for time in times])
    got = found[at : at + len(wanted)]
    report.open += model.open
    after = "silence" if trial.quiet else "at once"
    here = f"{trial.kind}, {after}, {slots}, line {received.hex()}"
    if got != wanted:
        report.faults.append(f"{here}: {got}, the page says {wanted}")
    right = {
        sequence: Frame(
            kind=Kind.CLASSIFY_REPLY, sequence=sequence,
            payload=answer(image).encode(info.score_bytes),
        )
        for sequence, image in trial.truth.items()
    }  # fmt: skip
    for frame in got:
        if frame.kind == Kind.CLASSIFY_REPLY and right.get(frame.sequence) != frame:
            report.faults.append(f"{here}: a wrong class, {frame}")
    probes = [
        Frame(kind=Kind.INFO_REPLY, sequence=trial.first + 3, payload=info.encode()),
        right[trial.first + 4],
    ]
    if got[-2:] != probes:
        report.faults.append(f"{here}: not in step after the silence, {got}")
    _count(trial, got[:-2], right, report.outcomes.setdefault(trial.kind, Outcome()))
    return at + len(wanted)


def _count(
    trial: Trial, got: Sequence[Frame], right: dict[int, Frame], outcome: Outcome
) -> None:
    outcome.trials += 1
    outcome.answered += any(
        frame.sequence == trial.first and frame.kind != Kind.ERROR for frame in got
    )
    outcome.silent += not got
    outcome.faults.update(
        Fault(frame.payload[0]).name for frame in got if frame.kind == Kind.ERROR
    )
    if not trial.quiet:
        outcome.at_once += 1
        outcome.lost += right[trial.first + 2] not in got
