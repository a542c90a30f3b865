"""What documents say: their pages, the blocks of code in them, and every command."""

import re
import shlex
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")),
         *sorted((ROOT / "examples").glob("*/README.md")),
         *sorted((ROOT / "benchmarks").glob("*.md")))  # fmt: skip

PROGRAMS = ("purelogic", "python", "make", "pytest", "torchrun", "chromium", "pip", "fusesoc")
"""Words that a command begins with."""

SAMPLES = {"FORMAT": "qonnx", "NAME": "bnn", "NAME,...": "cpu-bnn", "RUN...": "net.pt"}
"""Words of commands that stand for several, and one of these."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(rf"`((?:{'|'.join(PROGRAMS)}) [^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, which may be empty, and its text."""

    page: Path
    language: str
    text: str
    number: int

    @property
    def name(self) -> str:
        """The page and the number of the block on it."""
        return f"{self.page.relative_to(ROOT)}-{self.number}"

    @property
    def typed(self) -> list[str]:
        """The commands of a block of commands, without prompts, comments and broken lines.

        In a block of ``console`` they follow a prompt, and all else is what they print.
        """
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        if self.language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        return [typed for line in lines if (typed := re.sub(r"(^|\s+)#.*", "", line).strip())]

    @property
    def commands(self) -> bool:
        """True if people are to type the block's lines."""
        return self.language in ("bash", "console") or (
            not self.language and any(line.split()[0] in PROGRAMS for line in self.typed))


@dataclass(frozen=True)
class Typed:
    """A command on a page. One in a line of text may leave out what a whole one needs."""

    page: Path
    line: str
    whole: bool

    @property
    def words(self) -> list[str]:
        """Its words; options that the page has in brackets are given, and a pipe ends it."""
        words = shlex.split(re.sub(r"[\[\]]", "", self.line.partition(" > ")[0]))
        return [SAMPLES.get(word, word) for word in words]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.line}"


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    found = _FENCE.findall(page.read_text())
    return [Block(page, language, textwrap.dedent(text), number)
            for number, (_, language, text) in enumerate(found, 1)]


def typed(page: Path) -> list[Typed]:
    """The commands of a page: those in its blocks, then those in its text and tables."""
    whole = [Typed(page, line, True) for block in blocks(page) if block.commands
             for line in block.typed]
    text = _FENCE.sub("", page.read_text())
    return whole + [Typed(page, " ".join(line.split()), False) for line in _INLINE.findall(text)]
