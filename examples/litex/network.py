"""A core of ``purelogic build --interface`` as a module of LiteX: its streams and its registers."""

import json
from pathlib import Path

from litex.gen import ClockSignal, Instance, LiteXModule, ResetSignal
from litex.soc.interconnect import axi, stream, wishbone


class Network(LiteXModule):
    """The core in a folder ``core/`` of a build.

    Parameters
    ----------
    platform : LiteX platform, to which the core's Verilog is added.
    folder : the folder with ``NAME.json`` and the Verilog that it names.

    Attributes
    ----------
    sink : stream.Endpoint
        ``data``: pixels; ``last`` with the last beat of a frame.
    source : stream.Endpoint
        ``score``, signed, and ``klass``; ``last`` with the score of the last class.
    bus : wishbone.Interface or axi.AXILiteInterface
        Of the registers; None if it has none.
    told : dict
        All that ``NAME.json`` says.
    """

    def __init__(self, platform, folder):
        (description,) = Path(folder).glob("*.json")
        self.told = told = json.loads(description.read_text())
        widths = {port["name"]: port["width"] for port in told["ports"]}
        entry, leave = told["entry"], told["leave"]
        self.sink = stream.Endpoint([("data", widths[entry["data"]])])
        self.source = stream.Endpoint([
            ("score", (widths[leave["score"]], True)), ("klass", widths[leave["klass"]]),
        ])  # fmt: skip
        self.bus, nets = self._bus(told)
        reset = ResetSignal("sys")
        nets |= {
            told["clock"]: ClockSignal("sys"),
            told["reset"]: ~reset if told["reset_low"] else reset,
            entry["data"]: self.sink.data,
            entry["valid"]: self.sink.valid,
            entry["ready"]: self.sink.ready,
            leave["score"]: self.source.score,
            leave["klass"]: self.source.klass,
            leave["valid"]: self.source.valid,
            leave["ready"]: self.source.ready,
            leave["last"]: self.source.last,
        }
        if "last" in entry:
            nets[entry["last"]] = self.sink.last
        connections = {}
        for port in told["ports"]:
            if (net := nets.get(port["name"])) is not None:
                connections[("o_" if port["output"] else "i_") + port["name"]] = net
        self.specials += Instance(told["name"], **connections)
        for source in told["sources"]:
            platform.add_source(str(Path(folder) / source))

    @staticmethod
    def _bus(told):
        """The bus of the registers, and its nets by the core's ports."""
        if told["registers"] == "wishbone":
            bus = wishbone.Interface(data_width=32, addressing="word")
            names = ("adr", "dat_w", "dat_r", "sel", "cyc", "stb", "we", "ack")
            return bus, {f"wb_{name}": getattr(bus, name) for name in names}
        if told["registers"] == "axilite":
            bus = axi.AXILiteInterface(data_width=32, address_width=32)
            nets = {}
            for channel, fields in (("aw", ("addr",)), ("w", ("data", "strb")), ("b", ("resp",)),
                                    ("ar", ("addr",)), ("r", ("data", "resp"))):
                end = getattr(bus, channel)
                nets |= {f"s_axil_{channel}{name}": getattr(end, name) for name in fields}
                nets |= {f"s_axil_{channel}{name}": getattr(end, name)
                         for name in ("valid", "ready")}
            return bus, nets
        return None, {}
