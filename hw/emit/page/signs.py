"""Activations: how often each channel of each sign is +1, and which never change."""

from collections.abc import Sequence
from statistics import median

from hw.emit.activations import Activations
from hw.emit.page.blocks import Block, Profile, Profiles, Table, Text
from hw.emit.page.section import Section, Told
from hw.emit.report import Report

COLUMNS = ("layer", "channels", "+1 of all", "lowest", "median", "highest", "never +1", "always +1")


def blocks(told: Told) -> Sequence[Block]:
    signs = told.report.activations
    if not signs:
        why = ("design.v was not simulated in this build" if told.report.simulation is None
               else "the network has no sign")
        return [Text(text=f"No activations: {why}.")]
    return [
        Text(text=f"How often the signs give +1, in front of a pool where there is one: counted by "
                  f"the integer reference on {_images(told.report)}. {_dead(signs)}"),
        Profiles(caption="Share of +1 of every channel, from the lowest to the highest", profiles=[
            Profile(label=each.layer, value=f"{len(each.ones)} channels, {each.share:.0%} +1",
                    shares=each.shares) for each in signs]),
        Table(caption="Channels by their share of +1", columns=COLUMNS,
              rows=[_row(each) for each in signs]),
    ]  # fmt: skip


def _images(report: Report) -> str:
    counted = report.activations[0].images
    simulated = report.simulation.images if report.simulation else counted
    return (f"the {counted} simulated images" if counted == simulated
            else f"the first {counted} of {simulated:,} simulated images")


def _dead(signs: Sequence[Activations]) -> str:
    dead = sum(each.never + each.always for each in signs)
    channels = sum(len(each.ones) for each in signs)
    if not dead:
        return f"Each of the {channels:,} channels has both values."
    return (f"Of {channels:,} channels {dead:,} {'has' if dead == 1 else 'have'} one value in all "
            "of these images, and told nothing apart.")


def _row(sign: Activations) -> list[str]:
    shares = sign.shares
    return [
        sign.layer, f"{len(shares):,}", *(f"{share:.1%}" for share in (
            sign.share, shares[0], median(shares), shares[-1])),
        f"{sign.never:,}", f"{sign.always:,}",
    ]  # fmt: skip


SECTION = Section(order=8, heading="Activations", blocks=blocks)
