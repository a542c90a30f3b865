"""The four answers: whether the hardware is exact, whether it fits, how fast, how much energy."""

from collections.abc import Sequence

from hw.emit.page.blocks import Answer, Answers, Block, Text, Verdict
from hw.emit.page.section import UNITS, Section, Told
from hw.emit.report import Report
from hw.emit.sections.section import energy_text
from hw.emit.sections.summary import accuracy, latency, sought, spare, used


def blocks(told: Told) -> Sequence[Block]:
    report = told.report
    return [
        Text(text=f"Accuracy of the trained network: {accuracy(report)}."),
        Answers(answers=[_exact(report), _fits(report), _fast(report), _energy(report)]),
    ]


def _exact(report: Report) -> Answer:
    """Exact on the images that were simulated without a difference, and on no others; cells and
    netlist may say no as well."""
    question, simulation = "Exact?", report.simulation
    checked = (simulation, report.proofs, report.netlist)
    failures = [line for each in checked if each for line in each.failures]
    reasons = failures + _checks(report)
    if failures:
        return Answer(question=question, answer="No", verdict="bad", reasons=reasons)
    if simulation is None:
        return Answer(question=question, answer="Not known", verdict="unknown", reasons=[
            "design.v was not simulated in this build.", *reasons])
    return Answer(question=question, answer=f"Yes, on {simulation.images} images", verdict="good",
                  reasons=reasons)


def _checks(report: Report) -> list[str]:
    """What was compared, a sentence each."""
    said = []
    if simulation := report.simulation:
        said.append(
            f"{simulation.images} images from {simulation.source} went through "
            f"{simulation.file} in simulation, and no others: {simulation.differing} differ in any "
            f"score from the integer reference, {simulation.differing_pytorch} in class from "
            "PyTorch.")
        if simulation.correct is not None:
            said.append(f"{simulation.correct} of them are of the class that their label says.")
    if report.proofs:
        said.append(f"Cells: {report.proofs}.")
    said.append(f"Synthesised netlist: {report.netlist or 'not simulated'}.")
    said.append("Nothing was run on a board.")
    return said


def _fits(report: Report) -> Answer:
    reasons = [f"{unit}: {used(report, field)}." for unit, field in UNITS]
    question = f"Fits the {report.device}?"
    counts = report.counts
    latest = counts.latest
    fits = all(one <= there for one, there in
               zip(latest.figures, report.available.figures, strict=True))
    if not fits:
        return Answer(question=question, answer="No", verdict="bad", reasons=reasons)
    if counts.placed is None:
        return Answer(question=question, answer="By estimate" if latest is counts.estimate
                      else "By synthesis", verdict="unknown",
                      reasons=["It was not placed in this build.", *reasons])
    return Answer(question=question, answer="Yes", verdict="good", reasons=reasons)


def _fast(report: Report) -> Answer:
    """Frames/s at the clock that was asked for, which a placement may not have reached."""
    reasons = [
        f"A frame every {report.interval:,} cycles at {report.clock / 1e6:g} MHz; the accelerator "
        "alone, whatever the link to the board brings.",
        f"Latency: {latency(report)}.",
    ]
    timing = report.timing
    if timing is None:
        reasons.append("Whether the clock is reached is not known: nothing was placed.")
    else:
        reasons.append(
            f"Clock: {timing.achieved / 1e6:.1f} MHz reached, {timing.asked / 1e6:g} MHz "
            f"{sought(timing)}, {'met' if timing.met else 'NOT met'}.")
        if timing.spare:
            reasons.append(f"{spare(report, timing)}.")
    verdict: Verdict = "unknown" if timing is None else "good" if timing.met else "bad"
    return Answer(question="How fast?", answer=f"{report.frames_per_second:,.0f} frames/s",
                  verdict=verdict, reasons=reasons)


def _energy(report: Report) -> Answer:
    energy = report.energy
    toggled = "the activity is not known: nothing was simulated" if energy.activity is None else (
        f"{energy_text(energy.activity)} by what toggled in the simulation")
    return Answer(
        question="How much energy per frame?", answer=energy_text(energy.counter),
        verdict="none", reasons=[
            f"With counters; {energy_text(energy.paper)} as the paper counts (XNOR and compare); "
            f"{toggled}.",
            report.energy_note,
        ])  # fmt: skip


SECTION = Section(order=1, heading="Answers", blocks=blocks)
