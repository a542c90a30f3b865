"""The processes of one training run: one alone, or those that ``torchrun`` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from model.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process's number among ``size``, from 0; the first one writes the files.

    Everything is exchanged by gathering and then combined in one order: the same float sums,
    whichever process forms them and however many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def span(self, count: int) -> slice:
        """This process's run of ``count`` things: as long as the others' if ``size`` divides it."""
        first, end = (count * rank // self.size for rank in (self.rank, self.rank + 1))
        return slice(first, end)

    def gather(self, part: Tensor) -> Tensor:
        """The tensors (n, ...) of all processes, of one shape, behind one another by rank."""
        if self.size == 1:
            return part
        parts = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    def total(self, count: int, device: torch.device) -> int:
        """The sum of every process's ``count``."""
        return int(self.gather(torch.tensor([count], device=device)).sum())


ALONE = Processes()


@contextmanager
def processes(device: torch.device) -> Iterator[Processes]:
    """Join those that ``torchrun`` started, by NCCL on CUDA and otherwise gloo; else `ALONE`.

    Raises
    ------
    Refusal
        If a machine has fewer CUDA devices than processes.
    """
    if not distributed.is_torchelastic_launched():
        yield ALONE
        return
    if device.type == "cuda":
        local, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= there:
            raise Refusal(f"torchrun: process {local} of this machine has no CUDA device of its"
                          f" own; give --nproc-per-node {there} or fewer")
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(rank=distributed.get_rank(), size=distributed.get_world_size())
        # Nobody leaves while another one may still ask: the first one has its files to write.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()
