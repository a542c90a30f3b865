"""A host that fills buffers of frames, and what must come of it."""

import random
from typing import Any

from amaranth.lib import wiring

from sim.cycles import Pace, simulate


class Host:
    """Sends frames of ``size`` bytes, whole ones and broken ones, to be kept or forgotten.

    Parameters
    ----------
    core : `hw.cores.link.framebuffer.FrameBuffers` or what is used as it.
    release : chance of a cycle in which a frame that was read makes room.
    """

    def __init__(
        self, core: Any, size: int, count: int, pace: Pace, release: float = 0.2
    ) -> None:
        self._core, self._size, self._count, self._pace = core, size, count, pace
        self._random, self._release = random.Random(pace.seed), release
        self.kept: list[bytes] = []
        self.came = b""
        self.lost = 0
        self.released = 0
        self.most = 0

    def play(self, frames: int) -> None:
        """Send so many frames; see that those come out that were kept, in order."""
        assert isinstance(self._core, wiring.Component)

        async def bench(ctx: Any) -> None:
            await self._bench(ctx, frames)

        simulate(self._core, bench)
        assert self.came == b"".join(self.kept)
        assert self.released == len(self.kept)

    async def _bench(self, ctx: Any, frames: int) -> None:
        for _ in range(frames):
            whole = self._random.random() < 0.7
            length = self._size if whole else self._random.randint(0, self._size)
            frame = self._random.randbytes(length)
            lost = False
            for byte in frame:
                while self._random.random() < self._pace.stall:
                    await self._cycle(ctx)
                # A slot is free or not when a byte comes, and a frame that lost one is lost.
                lost = lost or self._used == self._count
                await self._cycle(ctx, byte)
                assert ctx.get(self._core.lost) == lost
            self.lost += lost
            if whole and not lost and self._random.random() < 0.8:
                self.kept.append(frame)
                await self._cycle(ctx, end="keep")
            else:
                await self._cycle(ctx, end="forget")
            assert not ctx.get(self._core.lost)
        for _ in range(12 * self._size * self._count + 400):
            if self.released == len(self.kept):
                break
            await self._cycle(ctx)

    @property
    def _used(self) -> int:
        return len(self.kept) - self.released

    async def _cycle(self, ctx: Any, byte: int | None = None, end: str = "") -> None:
        core, rng = self._core, self._random
        assert ctx.get(core.i.ready)
        before = self._used - (end == "keep")
        assert ctx.get(core.busy) == (before > 0)
        self.most = max(self.most, before)
        ctx.set(core.i.valid, byte is not None)
        ctx.set(core.i.payload, byte or 0)
        ctx.set(core.keep, end == "keep")
        ctx.set(core.forget, end == "forget")
        ready = rng.random() >= self._pace.stall
        ctx.set(core.o.ready, ready)
        # Only who has read all of a frame releases it.
        read = len(self.came) // self._size > self.released
        release = read and rng.random() < self._release
        ctx.set(core.release, release)
        if ready and ctx.get(core.o.valid):
            self.came += bytes([ctx.get(core.o.payload)])
        await ctx.tick()
        self.released += release
