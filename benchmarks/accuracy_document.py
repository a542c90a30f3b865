"""The page ACCURACY.md: results of the training runs of every row, as Markdown."""

import statistics
from collections.abc import Mapping

from benchmarks.outcomes import Runs, chance
from benchmarks.trainings import SECTIONS, Section, Training
from hw.emit.energy import CAVEAT

Found = Mapping[str, Runs]

HEAD = f"""# Accuracy

Written by `python -m benchmarks.accuracy --data-dir DIR`, one row by `--rows NAME`; this text from
what is kept in `benchmarks/accuracy/` by `--table`. A row goes on where it was interrupted. DIR
holds the data sets. A figure is in this table only if a run printed it.

- **Accuracy** is of the finished checkpoint on all test images: the mean over the seeds and their
  standard deviation (of the sample, n - 1). No run was chosen by its test images: each ends with
  its last epoch.
- **p** is of Welch's t-test, two-sided: how often two rows would differ so much by chance.
- **s/epoch** and **images/s** are medians over epochs; the first includes the test of 10,000
  images, the second does not.
- **Frames/s** is planned for four fifths of an ULX3S-85F at its default clock (`python -m hw.build
  --checkpoint NAME-1.pt --board ulx3s --variant 85F --fill 0.8 --stop-after plan`), not built.
  **Energy** is the paper's account, and with the counter.

{CAVEAT}
"""


def document(found: Found) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(_section(section, found) for section in SECTIONS)])


def accuracy(runs: Runs | None) -> str:
    """The accuracy of a row in percent, or the reason why there is none."""
    if runs is None or not runs.outcomes:
        return "not measured yet"
    failed = [each.failure for each in runs.outcomes if each.failure]
    if not runs.percents:
        return f"none: {failed[0]}"
    said = f"{runs.mean:.2f}"
    if runs.deviation is not None:
        said += f" +- {runs.deviation:.2f}"
    return f"{said}; {len(failed)} failed: {failed[0]}" if failed else said


def _section(section: Section, found: Found) -> str:
    names = ["row", "accuracy %", "published %", "seeds", "epochs", "s/epoch", "images/s",
             "machine"]  # fmt: skip
    if section.hardware:
        names += ["frames/s planned", "energy nJ: paper / with counter"]
    lines = [f"## {section.title}", "", section.text, "", f"| {' | '.join(names)} |",
             "|---" * len(names) + "|"]  # fmt: skip
    for row in section.rows:
        made = found.get(row.name)
        cells = [row.name, accuracy(made), row.published or "-", *_speed(made)]
        if section.hardware:
            cells += _hardware(made)
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    if told := [said for pair in section.pairs if (said := difference(*pair, found))]:
        lines += [*told, ""]
    return "\n".join([*lines, *(_command(row, found.get(row.name)) for row in section.rows), ""])


def difference(first: str, second: str, found: Found) -> str | None:
    """The comparison of two rows: the difference of their accuracies, and its p value."""
    if first not in found or second not in found:
        return None
    a, b = found[first], found[second]
    if not a.percents or not b.percents:
        return None
    p = chance(a, b)
    sure = "one run is no test" if p is None else f"p = {p:.2g}"
    return (f"- **{second}** over **{first}**: {b.mean - a.mean:+.2f} points"
            f" ({len(b.percents)} and {len(a.percents)} seeds; {sure}).")  # fmt: skip


def _speed(runs: Runs | None) -> list[str]:
    if runs is None or not runs.outcomes:
        return ["-"] * 5
    epochs = "/".join(str(count) for count in sorted({each.epochs for each in runs.outcomes}))
    timed = [each for each in runs.outcomes if each.epoch is not None and each.rate is not None]
    seconds, rate = "-", "-"
    if timed:
        seconds = f"{statistics.median(each.epoch or 0 for each in timed):.1f}"
        rate = f"{statistics.median(each.rate or 0 for each in timed):,.0f}"
    return [str(len(runs.outcomes)), epochs, seconds, rate, runs.machine]


def _hardware(runs: Runs | None) -> list[str]:
    if runs is None or runs.hardware is None:
        return ["-", "-"]
    found = runs.hardware
    rate = f"{found.rate:,.0f}" if found.rate is not None else found.failure or "-"
    if found.paper is None or found.counter is None:
        return [rate, "-"]
    return [rate, f"{found.paper * 1e9:,.3g} / {found.counter * 1e9:,.3g}"]


def _command(row: Training, runs: Runs | None) -> str:
    """The row's command, with the accuracies, commits and tools of its runs, if there are any."""
    seeds = "" if row.seeds == 1 else f", seeds 1 to {row.seeds}"
    said = f"- **{row.name}**: `{row.command}`{seeds}"
    if runs is None or not runs.outcomes:
        return f"{said}. Not measured yet: `python -m benchmarks.accuracy --rows {row.name}`."
    tools = ", ".join(f"{name} {version}" for name, version in runs.tools.items())
    commits = ", ".join(dict.fromkeys(each.commit or "?" for each in runs.outcomes))
    each = ", ".join(f"{percent:.2f}" for percent in runs.percents)
    return f"{said}: {each or 'none'}. Commit {commits}; {tools}."
