"""The step that simulates the synthesised netlist: its layers on images, the board at its pins."""

from pydantic import TypeAdapter

from hw.emit.report import NetlistSimulation
from hw.emit.tools import YOSYS, Failure
from hw.flow.job import Job
from hw.flow.prints import fingerprint, key
from hw.flow.request import LARGE_NETLIST, NETLIST_IMAGES, NETWORK, PLAN
from hw.flow.screen import Note
from hw.flow.step import Step
from model.files import write_text
from sim import pins
from sim.chunks import processors
from sim.cosimulate import cosimulate
from sim.netlist import RESET, bench
from sim.player import Failure as Stuck
from sim.tools import tools

FILE = "netlist.json"

LONG = 2e10
"""LUT4 times clock cycles from which no image is sent over the serial line: half a minute."""


class NetlistStep(Step):
    """Simulation of the synthesised netlist on real images, every score compared: netlist.json."""

    name = "netlist"

    def inputs(self, job: Job) -> str:
        prints = [fingerprint(job.folder / name) for name in (job.netlist_file, NETWORK, PLAN)]
        asked = (job.request.simulate, job.request.simulate_netlist, job.timed.clock)
        return key(prints, job.images_key, asked, YOSYS.versions, tools().versions)

    def run(self, job: Job, note: Note) -> None:
        assert job.synthesis is not None
        lut = job.synthesis.total.lut
        count = job.request.simulate_netlist
        if count is None and lut > LARGE_NETLIST:
            simulation = NetlistSimulation(
                omitted=f"{lut:,} LUT4 take long to compile; --simulate-netlist {NETLIST_IMAGES}"
                        " does it"
            )
        else:
            count = NETLIST_IMAGES if count is None else count
            simulation = self._simulate(job, note, count, lut)
        job.netlist = simulation
        write_text(job.folder.new(FILE), _FORMAT.dump_json(simulation, indent=1).decode() + "\n")

    def _simulate(self, job: Job, note: Note, count: int, lut: int) -> NetlistSimulation:
        assert job.synthesis is not None
        chosen = job.images.first(count)
        images = chosen.images
        note.say("compiling the netlist with Verilator")
        whole = bench(job.folder.verified(job.netlist_file), job.synthesis, job.timed)
        at_pins = 1 if pins.cycles(job.timed, 1) * lut < LONG else 0
        try:
            result = cosimulate(
                whole, job.network, images, jobs=processors(),
                progress=lambda done: note.say(
                    f"simulating the netlist on {len(images)} images", f"({done} done)"
                ),
            )
        except Stuck as stuck:
            raise Failure(f"simulation of the netlist: {stuck}") from None
        note.say("talking to the whole board at its pins")
        fault = None
        try:
            pins.exchange(whole.model(), job.timed, images[:at_pins], edges=RESET)
        except Stuck as stuck:
            fault = str(stuck)
        return NetlistSimulation(
            source=chosen.source,
            images=len(images),
            differing=len(result.differing),
            first_difference=None if result.mismatch is None else str(result.mismatch),
            at_pins=at_pins,
            fault=fault,
        )

    def recall(self, job: Job) -> None:
        job.netlist = _FORMAT.validate_json((job.folder / FILE).read_text())

    def result(self, job: Job) -> str:
        assert job.netlist is not None
        return str(job.netlist)

    def files(self, job: Job) -> tuple[str, ...]:
        return (FILE,)

    def require(self, job: Job) -> None:
        tools()
        _ = job.images


_FORMAT = TypeAdapter(NetlistSimulation)
