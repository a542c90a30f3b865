"""The rows of FOREIGN.md: networks of other programs, and what is known of each."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network that others trained or defined.

    Parameters
    ----------
    title : the network, and the task that it is for.
    origin : the repository or package, and the place of the network in it.
    form : the format of ``model.convert``.
    program : the script of `benchmarks.foreign.others` that runs the other program; "" if it cannot
        be run here.
    folder : the other program's folder in the one given with ``--others``; "" for a package.
    file : the trained network in that folder.
    made : the name by which the other program makes a network of its own with drawn weights, where
        nobody published trained ones.
    options : more options of ``model.convert``.
    bits : weights of real layers are quantised to so many bits; 0 where none are real.
    data : the data set of its images; "" where it is not at hand: then images are drawn.
    shape : shape of an image.
    published : accuracy that the authors tell, and of what.
    """

    name: str
    title: str
    origin: str
    form: str
    program: str
    shape: tuple[int, int, int]
    folder: str = ""
    file: str = ""
    made: str = ""
    options: str = ""
    bits: int = 0
    data: str = ""
    published: str = "-"

    @property
    def trained(self) -> bool:
        return not self.made


CIFAR, DIGIT = (3, 32, 32), (1, 28, 28)


def _pynq(name: str, network: str, task: str, **more: str) -> Row:
    shape = CIFAR if network.startswith("cnv") else DIGIT
    return Row(
        name=name, title=f"{network}, {task}", form="bnn-pynq", program="bnn_pynq",
        folder="BNN-PYNQ", file=f"bnn/params/{task}/{network}", shape=shape,
        origin="Xilinx/BNN-PYNQ d39c1c7", **more,
    )  # fmt: skip


ALL = (
    _pynq("cnv-w1a1-cifar10", "cnvW1A1", "cifar10", data="cifar10", published="79.22"),
    _pynq("cnv-w1a1-road-signs", "cnvW1A1", "road-signs"),
    _pynq("cnv-w1a1-streetview", "cnvW1A1", "streetview"),
    _pynq("lfc-w1a1-mnist", "lfcW1A1", "mnist", data="mnist", published="98.4"),
    _pynq("lfc-w1a1-chars", "lfcW1A1", "chars_merged"),
    _pynq("cnv-w1a2-cifar10", "cnvW1A2", "cifar10", data="cifar10"),
    _pynq("cnv-w2a2-cifar10", "cnvW2A2", "cifar10", data="cifar10"),
    _pynq("lfc-w1a2-mnist", "lfcW1A2", "mnist", data="mnist"),
)

ROWS = {row.name: row for row in ALL}
