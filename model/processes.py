"""The processes of a training run: this one alone, or those that ``torchrun`` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from model.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class Processes:
    """The group of processes of a run: this one's ``rank``, from 0, among ``size``.

    The first process writes the files. Values are gathered from all processes and then added in a
    fixed order, so that float sums are the same in every process and for any number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def span(self, count: int) -> slice:
        """This process's range of ``count`` items; all are as long if ``size`` divides it."""
        first, end = (count * rank // self.size for rank in (self.rank, self.rank + 1))
        return slice(first, end)

    def gather(self, part: Tensor) -> Tensor:
        """The tensors (n, ...) of all processes, concatenated by rank; all must have one shape."""
        if self.size == 1:
            return part
        gathered = [torch.empty_like(part) for _ in range(self.size)]
        distributed.all_gather(gathered, part.contiguous())
        return torch.cat(gathered)

    def total(self, count: int, device: torch.device) -> int:
        """The sum of every process's ``count``."""
        return int(self.gather(torch.tensor([count], device=device)).sum())


ALONE = Processes()


@contextmanager
def processes(device: torch.device) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started, by NCCL on CUDA, else gloo; `ALONE` without.

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
        # No process ends before the others: the first one may still be writing files.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()
