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
    program : the script of `benchmarks.foreign.others` that runs the other program.
    maker : the script that makes the network, where it is another one.
    folder : the other program's folder in the one given with ``--others``; "" for a package.
    file : the trained network in that folder.
    made : the name by which the other program makes a network of its own with drawn weights, where
        nobody published trained ones.
    options : more options of ``model.convert``.
    bits : what is real is quantised, weights to so many bits; 0 where nothing is.
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
    maker: str = ""
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
REAL = "--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --scale-bits 13"
"""What those programs do to a byte that read real numbers, as fine as a table can have it."""
COARSE = REAL.replace("13", "10")
"""As fine as float32 holds the sums of a first layer with weights of 8 bits."""


def _pynq(name: str, network: str, task: str, **more: str) -> Row:
    cnv = network.startswith("cnv")
    return Row(
        name=name, title=f"{network}, {task}", form="bnn-pynq", program="bnn_pynq",
        folder="BNN-PYNQ", file=f"bnn/params/{task}/{network}", shape=CIFAR if cnv else DIGIT,
        origin="Xilinx/BNN-PYNQ d39c1c7", options="" if cnv else "--output-bits", **more,
    )  # fmt: skip


def _zoo(network: str, file: str, data: str, published: str) -> Row:
    return Row(
        name=f"zoo-{network.lower().replace('_', '-')}", title=f"{network}, {data or 'GTSRB'}",
        form="qonnx", program="qonnx_models", folder="QONNX_model_zoo", file=f"models/{file}",
        shape=DIGIT if data == "mnist" else CIFAR, data=data, published=published,
        origin="fastmachinelearning/QONNX_model_zoo 2e3c7e5",
    )  # fmt: skip


def _brevitas(made: str) -> Row:
    return Row(
        name=f"brevitas-{made.replace('_', '-')}", title=f"Brevitas {made}", form="qonnx",
        program="qonnx_models", maker="brevitas_models", made=made,
        shape=CIFAR if made.startswith("cnv") else DIGIT,
        origin="package brevitas 0.13.4, brevitas_examples.bnn_pynq",
    )  # fmt: skip


def _program(
    name: str, folder: str, made: str, form: str, program: str, bits: int = 0, fine: str = REAL
) -> Row:
    commits = {"BinaryNet.pytorch": "itayhubara/BinaryNet.pytorch 80f6d46",
               "DistributionLoss": "ruizhoud/DistributionLoss 9b6eafc",
               "IR-Net": "htqin/IR-Net f63a590"}  # fmt: skip
    return Row(
        name=name, title=f"{folder} {made}", form=form, program=program, folder=folder, made=made,
        shape=(3, 224, 224) if made.startswith("alexnet") else CIFAR, origin=commits[folder],
        options=fine, bits=bits,
    )  # fmt: skip


_FINN_TFC, _FINN_CNV = "MNIST/Brevitas_FINN_TFC/TFC", "CIFAR10/Brevitas_FINN_CNV"

ALL = (
    _pynq("cnv-w1a1-cifar10", "cnvW1A1", "cifar10", data="cifar10", published="79.22"),
    _pynq("cnv-w1a1-road-signs", "cnvW1A1", "road-signs"),
    _pynq("cnv-w1a1-streetview", "cnvW1A1", "streetview"),
    _pynq("lfc-w1a1-mnist", "lfcW1A1", "mnist", data="mnist", published="98.4"),
    _pynq("lfc-w1a1-chars", "lfcW1A1", "chars_merged"),
    _pynq("cnv-w1a2-cifar10", "cnvW1A2", "cifar10", data="cifar10", published="82.66"),
    _pynq("cnv-w2a2-cifar10", "cnvW2A2", "cifar10", data="cifar10", published="84.29"),
    _pynq("lfc-w1a2-mnist", "lfcW1A2", "mnist", data="mnist", published="98.49"),
    _zoo("TFC_1W1A", f"{_FINN_TFC}/TFC_1W1A.onnx", "mnist", "93.17"),
    _zoo("TFC_1W2A", f"{_FINN_TFC}/TFC_1W2A.onnx", "mnist", "94.79"),
    _zoo("TFC_2W2A", f"{_FINN_TFC}/TFC_2W2A.onnx", "mnist", "96.60"),
    _zoo("CNV_1W1A", f"{_FINN_CNV}/CNV_1W1A.onnx", "cifar10", "84.22"),
    _zoo("CNV_1W2A", f"{_FINN_CNV}/CNV_1W2A.onnx", "cifar10", "87.80"),
    _zoo("CNV_2W2A", f"{_FINN_CNV}/CNV_2W2A.onnx", "cifar10", "89.03"),
    _zoo("CNV_1W1A_GTSRB", "GTSRB/Brevitas_CNV1W1A/cnv_1w1a_gtsrb.onnx", "", "96.93"),
    *map(_brevitas, ("tfc_1w1a", "sfc_1w1a", "lfc_1w1a", "cnv_1w1a", "tfc_1w2a", "tfc_2w2a",
                     "cnv_1w2a", "cnv_2w2a")),
    _program("bnn-dl-vgg64", "DistributionLoss", "vgg64", "bnn-dl", "distribution_loss"),
    _program("bnn-dl-alexnet", "DistributionLoss", "alexnet_binary_vs_xnor", "bnn-dl",
             "distribution_loss", bits=8),
    _program("binarynet-vgg", "BinaryNet.pytorch", "vgg_cifar10_binary", "binarynet",
             "binarynet"),
    _program("binarynet-resnet", "BinaryNet.pytorch", "resnet_binary", "binarynet", "binarynet",
             bits=8),
    _program("ir-net-vgg", "IR-Net", "vgg_small_1w1a", "ir-net", "irnet", bits=8),
    _program("ir-net-resnet20", "IR-Net", "resnet20_1w1a", "ir-net", "irnet", 8, COARSE),
    _program("ir-net-resnet18", "IR-Net", "ResNet18", "ir-net", "irnet", 8, COARSE),
)  # fmt: skip

ROWS = {row.name: row for row in ALL}
