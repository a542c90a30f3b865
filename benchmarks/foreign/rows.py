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
    made : the name by which the other program makes a network of its own, where nobody published
        a trained one.
    taught : training images by which it is trained a little when it is made; 0: weights are drawn.
    options : more options of ``model.convert``.
    table_bits : the network reads real numbers, and the input table has so many bits of them
        behind the point (None: it reads integers).
    numbers : numbers that the other program's network reads for the bytes 0 and 255, where these
        are not 0 and 1.
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
    taught: int = 0
    options: str = ""
    table_bits: int | None = None
    numbers: tuple[float, float] | None = None
    bits: int = 0
    data: str = ""
    published: str = "-"

    @property
    def trained(self) -> bool:
        return not self.made

    @property
    def convert(self) -> str:
        """The options of ``model.convert``, with those of the input table."""
        bits = "" if self.table_bits is None else f"{NORMALISED} --scale-bits {self.table_bits}"
        return " ".join(words for words in (self.options, bits) if words)


CIFAR, DIGIT = (3, 32, 32), (1, 28, 28)
NORMALISED = "--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225"
"""Options for the mean and the standard deviation by which programs normalise colours."""
FINEST = 13
"""Bits behind the point of the finest table of those numbers that a checkpoint can have."""
COARSE = 10
"""As fine as float32 holds the sums of a first layer with weights of 8 bits."""


def _pynq(name: str, network: str, task: str, data: str = "", published: str = "-") -> Row:
    cnv = network.startswith("cnv")
    return Row(
        name=name, title=f"{network}, {task}", form="bnn-pynq", program="bnn_pynq",
        folder="BNN-PYNQ", file=f"bnn/params/{task}/{network}", shape=CIFAR if cnv else DIGIT,
        origin="Xilinx/BNN-PYNQ d39c1c7", options="" if cnv else "--output-bits", data=data,
        published=published,
    )  # fmt: skip


def _zoo(
    network: str, task: str, file: str, published: str, shape: tuple[int, int, int] = CIFAR,
    data: str = "", numbers: tuple[float, float] | None = None,
) -> Row:
    options = ""
    if numbers is not None:  # of (p / 255 - mean) / std
        low, high = numbers
        options = f"--mean {-low / (high - low):.10g} --std {1 / (high - low):.10g}"
    return Row(
        name=f"zoo-{network.lower().replace('_', '-')}", title=f"{network}, {task}",
        form="qonnx", program="qonnx_models", folder="QONNX_model_zoo", file=f"models/{file}",
        shape=shape, data=data, published=published, numbers=numbers, options=options,
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
    name: str, folder: str, made: str, form: str, program: str, bits: int = 0, taught: int = 0,
    table_bits: int = FINEST,
) -> Row:
    commits = {"BinaryNet.pytorch": "itayhubara/BinaryNet.pytorch 80f6d46",
               "DistributionLoss": "ruizhoud/DistributionLoss 9b6eafc",
               "IR-Net": "htqin/IR-Net f63a590"}  # fmt: skip
    small = not made.startswith("alexnet")
    return Row(
        name=name, title=f"{folder} {made}", form=form, program=program, folder=folder, made=made,
        shape=CIFAR if small else (3, 224, 224), origin=commits[folder], taught=taught,
        data="cifar10" if taught else "", table_bits=table_bits, bits=bits,
    )  # fmt: skip


_SPEECH = (-128 * 0.8298504, 127 * 0.8298504)
"""Numbers that kwsmlp_w3a3 reads for the bytes 0 and 255: less 128, times its quantiser's step."""
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
    _zoo("TFC_1W1A", "MNIST", f"{_FINN_TFC}/TFC_1W1A.onnx", "93.17", DIGIT, "mnist"),
    _zoo("TFC_1W2A", "MNIST", f"{_FINN_TFC}/TFC_1W2A.onnx", "94.79", DIGIT, "mnist"),
    _zoo("TFC_2W2A", "MNIST", f"{_FINN_TFC}/TFC_2W2A.onnx", "96.60", DIGIT, "mnist"),
    _zoo("CNV_1W1A", "CIFAR-10", f"{_FINN_CNV}/CNV_1W1A.onnx", "84.22", data="cifar10"),
    _zoo("CNV_1W2A", "CIFAR-10", f"{_FINN_CNV}/CNV_1W2A.onnx", "87.80", data="cifar10"),
    _zoo("CNV_2W2A", "CIFAR-10", f"{_FINN_CNV}/CNV_2W2A.onnx", "89.03", data="cifar10"),
    _zoo("CNV_1W1A_GTSRB", "GTSRB", "GTSRB/Brevitas_CNV1W1A/cnv_1w1a_gtsrb.onnx", "96.93"),
    _zoo("kwsmlp_w3a3", "Speech Commands", "GSCV2/kwsmlp_w3a3/kwsmlp_w3a3.onnx", "87.89",
         (1, 10, 49), numbers=_SPEECH),
    _zoo("unsw_nb15_mlp_w2a2", "UNSW-NB15",
         "UNSW_NB15/unsw_nb15_mlp_w2a2/unsw_nb15-mlp-w2a2.onnx", "91.90", (1, 1, 600),
         numbers=(-1, 1)),
    _zoo("qkeras_jettagging", "jets", "JetTagging/QKeras_hls4ml_3layer/qkeras_jettagging.onnx",
         "76.2", (1, 1, 16), numbers=(-1, 1)),
    *map(_brevitas, ("tfc_1w1a", "sfc_1w1a", "lfc_1w1a", "cnv_1w1a", "tfc_1w2a", "tfc_2w2a",
                     "cnv_1w2a", "cnv_2w2a")),
    _program("bnn-dl-vgg64", "DistributionLoss", "vgg64", "bnn-dl", "distribution_loss",
             taught=5000),
    _program("bnn-dl-alexnet", "DistributionLoss", "alexnet_binary_vs_xnor", "bnn-dl",
             "distribution_loss", bits=8),
    _program("binarynet-vgg", "BinaryNet.pytorch", "vgg_cifar10_binary", "binarynet",
             "binarynet"),
    _program("binarynet-resnet", "BinaryNet.pytorch", "resnet_binary", "binarynet", "binarynet",
             bits=8, taught=2000),
    _program("ir-net-vgg", "IR-Net", "vgg_small_1w1a", "ir-net", "irnet", bits=8),
    _program("ir-net-resnet20", "IR-Net", "resnet20_1w1a", "ir-net", "irnet", bits=8,
             taught=5000, table_bits=COARSE),
    _program("ir-net-resnet18", "IR-Net", "ResNet18", "ir-net", "irnet", bits=8, taught=2000,
             table_bits=COARSE),
)  # fmt: skip

ROWS = {row.name: row for row in ALL}
