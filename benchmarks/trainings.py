"""The rows of ACCURACY.md: a method, a network, the settings of its training, and a machine."""

from dataclasses import dataclass

ENGINE = "--device cuda --precision float16 --compile"
NET2 = "--arch vgg --width 128 --data cifar10"
NET1 = f"{NET2} --shallow"
PAPER = "--schedule steps --lr 5e-3 --epochs 200 --batch 256"
SHORT = "--schedule steps --epochs 60 --batch 256"
EQUAL = "--schedule cosine --epochs 100 --batch 256"
SMALL = ("--arch vgg --width 16 --data cifar10 --train-images 10000 --epochs 6 --batch 100"
         " --device cpu --threads 1 --channels-last")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Training:
    """A row: training runs of one command with several seeds.

    Parameters
    ----------
    words : options of ``python -m model.train`` without folders and seed.
    seeds : number of seeds, from 1 on.
    published : percent in the paper, as printed there.
    teacher : row whose checkpoint of seed 1 is this one's ``--teacher``.
    """

    name: str
    words: str
    seeds: int = 1
    published: str | None = None
    teacher: str | None = None

    @property
    def accelerator(self) -> bool:
        return "--device cuda" in self.words

    def options(self, seed: int, data: str, folder: str) -> list[str]:
        """Options of ``python -m model.train`` for one seed."""
        words = [*self.words.split(), "--data-dir", data, "--seed", str(seed)]
        if self.teacher is not None:
            words += ["--teacher", f"{folder}{self.teacher}-1.pt"]
        return [*words, "--out", f"{folder}{self.name}-{seed}.pt"]

    @property
    def command(self) -> str:
        """The command for seed 1, as typed."""
        return f"python -m model.train {' '.join(self.options(1, 'DIR', ''))}"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the page: its rows, and pairs of them whose difference is tested."""

    title: str
    text: str
    rows: tuple[Training, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    hardware: bool = False


def _both(name: str, words: str, published: tuple[str, str], seeds: int = 1) -> list[Training]:
    """Two rows: the plain BNN and BNN-DL, with equal settings."""
    return [Training(name=f"{name}-{method}", words=f"--method {method} {words}", seeds=seeds,
                     published=percent or None)
            for method, percent in zip(("bnn", "bnn-dl"), published, strict=True)]  # fmt: skip


def _pairs(rows: tuple[Training, ...]) -> tuple[tuple[str, str], ...]:
    names = {row.name for row in rows}
    return tuple((name, f"{name}-dl") for name in (row.name for row in rows)
                 if f"{name}-dl" in names)  # fmt: skip


def _methods(name: str, words: str, seeds: int) -> tuple[Training, ...]:
    """A row for each training method, and one for the full-precision teacher."""
    methods = ("real", "bnn", "bnn-dl", "bd-bnn", "self-binarizing", "binaryduo")
    rows = [Training(name=f"{name}-{method}", words=f"--method {method} {words}", seeds=seeds)
            for method in methods]  # fmt: skip
    taught = [Training(name=f"{name}-bd-bnn-{by}", words=f"--method bd-bnn {words}{more}",
                       seeds=seeds, teacher=f"{name}-real")
              for by, more in (("taught", ""), ("distilled", " --wdm 0"))]  # fmt: skip
    return (*rows, *taught)


_TABLE_3 = (
    *_both("net2", f"{NET2} {PAPER} {ENGINE}", ("87.54 +- 0.38", "89.13 +- 0.2"), 5),
    *_both("net1", f"{NET1} {PAPER} {ENGINE}", ("80.61", "83.33"), 5),
)
_TABLE_5 = tuple(
    row
    for name, words, published in (
        ("momentum", f"{NET2} --optimizer momentum --lr 5e-3", ("66.02", "89.37")),
        ("nesterov", f"{NET2} --optimizer nesterov --lr 5e-3", ("68.66", "89.22")),
        ("adam", f"{NET2} --optimizer adam --lr 5e-3", ("88.12", "89.62")),
        ("rmsprop", f"{NET2} --optimizer rmsprop --lr 5e-3", ("87.39", "90.24")),
        ("lr-1e-1", f"{NET2} --optimizer adam --lr 1e-1", ("82.19", "89.60")),
        ("lr-2e-4", f"{NET2} --optimizer adam --lr 2e-4", ("85.62", "88.73")),
        ("resnet18", "--arch resnet18 --data cifar10 --lr 5e-3", ("85.71", "90.47")),
    )
    for row in _both(f"table5-{name}", f"{words} {SHORT} {ENGINE}", published)
)
_TABLE_7 = tuple(
    Training(name=f"table7-lambda-{weight}",
             words=f"--method bnn-dl --lambda {weight} {NET2} --lr 5e-3 {SHORT} {ENGINE}")
    for weight in ("0", "0.2", "2", "20", "200", "2000")
)  # fmt: skip
_SPEED = (
    Training(name="speed-eager", words=f"--method bnn-dl {NET2} --epochs 3 --batch 256"
             " --device cuda --no-channels-last"),
    Training(name="speed-engine", words=f"--method bnn-dl {NET2} --epochs 3 --batch 256 {ENGINE}"),
)  # fmt: skip
_CPU_METHODS = _methods("cpu", SMALL, 5)
_CPU_SETTINGS = tuple(
    row
    for name, words in (
        ("momentum", "--optimizer momentum"), ("nesterov", "--optimizer nesterov"),
        ("rmsprop", "--optimizer rmsprop"), ("lr-1e-1", "--lr 1e-1"), ("lr-2e-4", "--lr 2e-4"),
    )
    for row in _both(f"cpu-{name}", f"{SMALL} {words}", ("", ""), 3)
)  # fmt: skip
_CPU_LAMBDA = tuple(
    Training(name=f"cpu-lambda-{weight}", words=f"--method bnn-dl {SMALL} --lambda {weight}",
             seeds=3)
    for weight in ("0", "0.2", "20", "200", "2000")
)  # fmt: skip

SECTIONS = (
    Section(title="Table 3: nets 1 and 2", rows=_TABLE_3, pairs=_pairs(_TABLE_3),
            text="The full run, on an accelerator: the paper's schedule, 200 epochs on CIFAR-10."),
    Section(title="Table 5: optimisers, learning rates, ResNet-18", rows=_TABLE_5,
            text="On an accelerator, 60 epochs in place of 200 with the steps at the same shares"
            " of them; the paper does not say the rates of Momentum, Nesterov and RMSprop: 5e-3"
            " is ours."),
    Section(title="Table 7: lambda", rows=_TABLE_7,
            text="On an accelerator, 60 epochs in place of 200. Lambda 0 is the plain BNN."),
    Section(title="All methods on net 2 with one budget",
            rows=_methods("equal", f"{NET2} {EQUAL} {ENGINE}", 1), hardware=True,
            text="On an accelerator, 100 epochs each; `real` is the full-precision teacher."),
    Section(title="Seconds per epoch of net 2", rows=_SPEED,
            text="The plain eager loop in float32 beside the engine, on one accelerator."),
    Section(title="On a CPU: all methods, narrow and short", rows=_CPU_METHODS,
            pairs=(("cpu-bnn", "cpu-bnn-dl"),), hardware=True,
            text="Not the paper's networks: x = 16 in place of 128, the first 10,000 images in"
            " place of 50,000, 6 epochs in place of 200, on one core. They say which method learns"
            " how much in the first minutes, and nothing of where it ends."),
    Section(title="On a CPU: optimisers and learning rates", rows=_CPU_SETTINGS,
            pairs=_pairs(_CPU_SETTINGS),
            text="The same narrow and short runs with one setting changed; as in table 5."),
    Section(title="On a CPU: lambda", rows=_CPU_LAMBDA,
            text="The same narrow and short runs; lambda 2 is the row `cpu-bnn-dl` above."),
)  # fmt: skip

ROWS: dict[str, Training] = {row.name: row for section in SECTIONS for row in section.rows}
