"""An interpreter, for many inputs at once, of modules of cells that cores write as Verilog."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LUT = re.compile(r"LUT4 #\(\.INIT\(16'h(\w+)\)\) \w+ \((.*)\);")
CARRY = re.compile(r"CCU2C #\((.*)\) \w+ \((.*)\);")
PIN = re.compile(r"\.(\w+)\(([^()]*)\)")
REGISTER = re.compile(r"([\w\[\]]+) <= ([\w\[\]']+);")
OUTPUT = re.compile(r"assign (\w+) = \{(.*)\};")

Half = tuple[int, list[str], str]
"""One half of a carry cell: INIT, the nets of A to D, and the net of its carry input."""


@dataclass
class CellText:
    """A module in the form of `hw.cores.fabric.lut4.Netlist`: cells, registers, outputs.

    The value of a net is an integer with a bit for each of several cases, so that all are computed
    together. ECP5's cells are written here by Lattice FPGA-TN-02204, independently of the cores.

    Parameters
    ----------
    text : Verilog of the module.
    cases : number of cases.
    """

    text: str
    cases: int
    held: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = (1 << self.cases) - 1
        self._luts = {}
        for init, pins in LUT.findall(self.text):
            nets = dict(PIN.findall(pins))
            self._luts[nets["Z"]] = int(init, 16), [nets[pin] for pin in "ABCD"]
        self._halves: dict[str, Half] = {}
        self._carries: dict[str, Half] = {}
        for options, pins in CARRY.findall(self.text):
            inits, nets = dict(PIN.findall(options)), dict(PIN.findall(pins))
            assert inits["INJECT1_0"] == inits["INJECT1_1"] == '"NO"'
            begin = nets["CIN"]
            for half in "01":
                made = (
                    int(inits[f"INIT{half}"][4:], 16), [nets[f"{pin}{half}"] for pin in "ABCD"],
                    begin,
                )  # fmt: skip
                begin = f"{nets['COUT']} within" if half == "0" else nets["COUT"]
                self._halves[nets[f"S{half}"]] = self._carries[begin] = made
        self._registers = dict(REGISTER.findall(self.text))
        self._outputs = {
            name: [net.strip() for net in reversed(nets.split(","))]
            for name, nets in OUTPUT.findall(self.text)
        }

    def step(self, inputs: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
        """Outputs in each case for some inputs; afterwards the registers take a clock edge."""
        nets = {"1'b0": 0, "1'b1": self._all, **self.held}
        nets |= {net: 0 for net in self._registers if net not in nets}
        for name, values in inputs.items():
            assert len(values) == self.cases
            for bit in range(max(values).bit_length() or 1):
                nets[f"{name}[{bit}]"] = sum((v >> bit & 1) << k for k, v in enumerate(values))
        found = {
            name: [sum((self._value(net, nets) >> k & 1) << bit for bit, net in enumerate(bits))
                   for k in range(self.cases)]
            for name, bits in self._outputs.items()
        }  # fmt: skip
        self.held = {net: self._value(before, nets) for net, before in self._registers.items()}
        return found

    def _value(self, net: str, nets: dict[str, int]) -> int:
        if net not in nets:
            if net in self._luts:
                init, pins = self._luts[net]
                nets[net] = self._function(init, [self._value(pin, nets) for pin in pins])
            elif net in self._halves:
                nets[net] = self._sum(*self._halves[net], nets)
            elif net in self._carries:
                nets[net] = self._carry(*self._carries[net], nets)
            else:
                nets[net] = 0  # a bit of an input that is 0 in all cases
        return nets[net]

    def _function(self, init: int, pins: Sequence[int]) -> int:
        """The function of a LUT4: bit a + 2 b + 4 c + 8 d of INIT."""
        total = 0
        for place in range(16):
            if init >> place & 1:
                chosen = self._all
                for number, pin in enumerate(pins):
                    chosen &= pin if place >> number & 1 else ~pin
                total |= chosen
        return total & self._all

    def _sum(self, init: int, pins: Sequence[str], begin: str, nets: dict[str, int]) -> int:
        values = [self._value(pin, nets) for pin in pins]
        # The first carry of a row is undefined: halves that are used must not depend on it.
        return self._function(init, values) ^ self._value(begin or "1'b1", nets)

    def _carry(self, init: int, pins: Sequence[str], begin: str, nets: dict[str, int]) -> int:
        values = [self._value(pin, nets) for pin in pins]
        passes = self._function(init, values)
        made = self._function(init, [*values[:2], 0, 0])
        return passes & self._value(begin or "1'b1", nets) | ~passes & made & self._all
