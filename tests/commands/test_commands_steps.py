"""The flow: a step runs when something it depends on has changed, and only then."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from boards.resources import Resources
from hw import build
from hw.emit.place import Placement
from hw.flow import again, sources
from hw.flow.back import PlaceStep
from hw.flow.folder import Folder
from hw.flow.job import Job, Request
from hw.flow.netlist import NetlistStep
from hw.flow.prints import key
from hw.flow.request import default_out
from hw.flow.simulate import SimulateStep
from hw.flow.taken import BELOW, TAKEN, place, readme
from hw.steps import EXPLORE, SEARCH, STEPS, chosen_steps
from model.refusal import Refusal
from sim.tools import tools

ROOT = Path(__file__).resolve().parents[2]

PRODUCTS = ("network.npz", "plan.json", "design.v", "report.html", "report.md",
            "report.json")
"""What a build as far as Verilog has at the top of its folder."""


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture
def folder(bad: Path, tmp_path: Path) -> Path:
    """A folder with a checkpoint in it."""
    shutil.copy(bad / "good.pt", tmp_path / "net.pt")
    return tmp_path


@pytest.fixture(scope="module")
def once(bad: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the checkpoint as far as Verilog."""
    out = tmp_path_factory.mktemp("once") / "out"
    assert build.main([*arguments(bad / "good.pt", out), "--stop-after", "verilog"]) == 0
    return out


@pytest.fixture
def built(folder: Path, once: Path) -> Path:
    """A folder with a checkpoint and such a build in it."""
    shutil.copytree(once, folder / "out")
    return folder


def arguments(checkpoint: Path, out: Path) -> list[str]:
    named = ["--checkpoint", str(checkpoint), "--board", "ulx3s", "--out", str(out)]
    return [*named, "--simulate", "0"]


def done(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, bool]:
    """Build as far as Verilog: whether each step was run."""
    end = () if "--stop-after" in options else ("--stop-after", "verilog")
    capsys.readouterr()
    assert build.main([*arguments(folder / "net.pt", folder / "out"), *end, *options]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    return {line[1]: line[0] == "✓" for line in lines if line and line[0] in ("✓", "·")}


def test_a_second_build_runs_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = done(folder, capsys)
    assert first == dict.fromkeys(("load", "fold", "plan", "verilog", "report"), True)
    files = {path.name: path.stat().st_mtime_ns for path in (folder / "out").iterdir()}
    assert set(files) == {*PRODUCTS, "README.md", BELOW}
    files |= {path.name: path.stat().st_mtime_ns for path in (folder / "out" / BELOW).iterdir()}
    assert done(folder, capsys) == dict.fromkeys(first, False)
    again = {path.name: path.stat().st_mtime_ns for path in (folder / "out").rglob("*")}
    assert again == files


def test_what_a_build_prints_that_changes_nothing_is_what_the_first_did(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done(folder, capsys)
    words = [*arguments(folder / "net.pt", folder / "out"), "--stop-after", "verilog"]
    told = []
    for closed in (False, True):
        if not closed:
            monkeypatch.setattr("hw.work.build.recall", lambda *_: None)
        else:
            monkeypatch.undo()
            monkeypatch.setattr("hw.work.build.build", None)
        assert build.main(words) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] and "unchanged" in told[0]


def test_a_build_that_changes_nothing_imports_nothing_heavy(built: Path) -> None:
    words = [*arguments(built / "net.pt", built / "out"), "--stop-after", "verilog"]
    program = "import sys; from hw import build; status = build.main(sys.argv[1:]); " \
              "print(status, {'torch', 'scipy', 'cocotb'} & {*sys.modules})"
    lines = []
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", program, *words], text=True, check=True,
                               capture_output=True, cwd=ROOT)
        lines.append(ended.stdout.splitlines()[-1])
    assert lines == ["0 {'torch'}", "0 set()"]


@pytest.mark.parametrize("changed", [
    "checkpoint", "images", "command", "program", "package", "compiler"])
def test_a_build_is_not_recalled_at_once_where_anything_changed(
    changed: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(checkpoint=built / "net.pt", board="ulx3s", out=built / "out", command="one")
    before = again.whole_key(request)
    assert again.whole_key(request) == before
    if changed == "checkpoint":
        (built / "net.pt").write_bytes((built / "net.pt").read_bytes() + b" ")
    elif changed == "images":
        (built / "images.npy").write_bytes(b"")
    elif changed == "command":
        request = replace(request, command="two")
    elif changed == "program":
        monkeypatch.setattr(again, "tree", lambda: "another")
    elif changed == "package":
        monkeypatch.setattr(again.metadata, "distributions", lambda: [])
    else:
        monkeypatch.setattr(again, "tools", lambda: replace(tools(), versions="another"))
    assert again.whole_key(request) != before


def test_the_hash_of_the_program_has_every_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    found = set()
    for name in ("hw/build.py", "sim/native/player.cpp", "boards/known/other.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        for text in ("one", "two"):
            (tmp_path / name).write_text(text)
            found.add(sources.tree.__wrapped__())
    assert len(found) == 6


def test_another_speed_is_another_plan_of_the_same_network(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = done(built, capsys, "--fps", "1000")
    assert ran == {"load": False, "fold": False, "plan": True, "verilog": True, "report": True}


def test_a_seed_is_nothing_to_the_verilog(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = done(built, capsys, "--seed", "9")
    assert ran == {"load": False, "fold": False, "plan": False, "verilog": False, "report": True}


def test_a_seed_decides_a_simulation_of_random_images_only(built: Path, bad: Path) -> None:
    def inputs(seed: int, images: Path | None) -> str:
        out, checkpoint = built / "out", built / "net.pt"
        request = Request(checkpoint=checkpoint, board="ulx3s", out=out, seed=seed, images=images)
        return SimulateStep().inputs(Job(request=request))

    assert inputs(1, None) != inputs(2, None)
    assert inputs(1, bad / "good.npy") == inputs(2, bad / "good.npy")
    shutil.copy(bad / "good.npy", built / "images.npy")
    assert inputs(1, None) == inputs(2, None)


def test_how_many_images_decides_a_simulation_of_the_netlist(built: Path) -> None:
    (built / "out" / BELOW / "design.json").write_text("{}")

    def inputs(simulate: int, netlist: int | None) -> str:
        request = Request(checkpoint=built / "net.pt", board="ulx3s", out=built / "out",
                          simulate=simulate, simulate_netlist=netlist)  # fmt: skip
        return NetlistStep().inputs(Job(request=request))

    assert len({inputs(5, None), inputs(32, None), inputs(32, 5), inputs(32, 6)}) == 4


def test_a_netlist_is_simulated_at_the_clock_that_was_found(folder: Path) -> None:
    asked = Request(checkpoint=folder / "net.pt", board="ulx3s", out=folder / "out")
    searched = replace(asked, search=True)
    names = [step.name for step in chosen_steps(Job(request=searched))]
    assert names.index("synth") < names.index("place") < names.index("netlist")
    assert sorted(names) == sorted(step.name for step in STEPS) and len(SEARCH) == len(STEPS)
    assert Job(request=searched).netlist_file == "tuned.json"
    assert Job(request=asked).netlist_file == "design.json"
    placed = Job(request=replace(searched, stop_after="place"))
    assert [step.name for step in chosen_steps(placed)][-3:] == ["synth", "place", "report"]


def test_a_plan_is_told_at_the_clock_that_was_found(built: Path) -> None:
    request = Request(checkpoint=built / "net.pt", board="ulx3s", out=built / "out", search=True)
    job, none = Job(request=request), Resources()
    planned = job.plan.frames_per_second
    assert job.timed == job.plan and job.plan.clock == 80e6
    job.placement = Placement(
        seed=1, tried=(1,), asked=142.5e6, achieved=143e6, modules={}, available=none,
        constraint=120e6, searched=((80e6, 130e6), (120e6, 143e6)),
    )  # fmt: skip
    assert job.timed.frames_per_second == pytest.approx(planned * 142.5 / 80)
    assert PlaceStep().result(job).startswith(
        "142.5 MHz is the highest clock that was met (143.0 MHz reached, seed 1): ")


def test_attempts_are_so_many_seeds_from_the_first(folder: Path) -> None:
    request = Request(
        checkpoint=folder / "net.pt", board="ulx3s", out=folder / "out", seed=4, attempts=2
    )
    assert Job(request=request).seeds == (4, 5)


def test_another_checkpoint_is_folded_anew(
    built: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(bad / "other.pt", built / "net.pt")
    assert all(done(built, capsys).values())


@pytest.mark.parametrize("damage", ["delete", "edit"])
def test_a_file_that_is_no_longer_what_was_written_is_made_again(
    damage: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design = built / "out" / "design.v"
    text = design.read_text()
    if damage == "delete":
        design.unlink()
    else:
        design.write_text(text + "// edited\n")
    assert done(built, capsys)["verilog"]
    assert design.read_text() == text


def test_what_belongs_to_another_plan_is_removed(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(built, capsys, "--stop-after", "plan", "--fps", "1000")
    assert not (built / "out" / "design.v").exists()
    done(built, capsys, "--stop-after", "plan", "--fps", "1000")
    done(built, capsys)
    done(built, capsys, "--stop-after", "plan")
    assert (built / "out" / "design.v").exists()


def test_a_refused_build_leaves_an_earlier_one_as_it_was(built: Path) -> None:
    before = contents(built / "out")
    given = arguments(built / "net.pt", built / "out")
    assert build.main([*given, "--fps", "1e9"]) == 2
    assert contents(built / "out") == before


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(Refusal, match="is a file"):
        Folder(tmp_path / "out")


def test_a_damaged_ledger_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / BELOW).mkdir()
    (tmp_path / BELOW / "steps.json").write_text("{broken")
    assert not Folder(tmp_path).current("fold", key("a"))


def test_the_default_folder_is_named_after_checkpoint_and_board() -> None:
    assert default_out(Path("examples/mnist/net.pt"), "ulx3s") == Path("build/mnist-ulx3s")
    assert default_out(Path("runs/vgg.pt"), "ulx3s") == Path("build/vgg-ulx3s")


def test_a_step_is_called_what_the_list_calls_it() -> None:
    named = {type(step).__name__: step.name for step in (*STEPS, EXPLORE)}
    assert named == {f"{name.capitalize()}Step": name for name in named.values()}


def test_the_readme_says_of_every_file_at_the_top_what_it_is(built: Path) -> None:
    out = built / "out"
    text = (out / "README.md").read_text()
    said = [line for line in text.splitlines() if line.startswith("- `")]
    assert {line.split("`")[1] for line in said} == {*PRODUCTS, f"{BELOW}/"}
    assert text.startswith("# good for ulx3s 85F\n")
    assert "--stop-after verilog" in text


def test_the_readme_has_the_boards_own_command(built: Path) -> None:
    text = readme([*TAKEN], title="x", command="y", load="iceprog design.bin")
    assert "load it: `iceprog design.bin`" in text
    assert [place(name) for name in ("design.v", "top.il")] == ["design.v", f"{BELOW}/top.il"]


def test_images_may_be_a_folder_of_pictures_for_each_class(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "pictures"
    for number, name in enumerate(("a", "b", "c")):
        for many in range(3):
            (pictures / name).mkdir(parents=True, exist_ok=True)
            Image.new("L", (9, 7), 40 * number + many).save(pictures / name / f"{many}.png")
    request = Request(checkpoint=bad / "good.pt", board="ulx3s", out=tmp_path / "out",
                      images=pictures, simulate=9)  # fmt: skip
    job = Job(request=request)
    assert job.images.images.shape == (9, 1, 6, 6) and job.images.labels is not None
    assert job.images.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    keys = job.images_key, again.whole_key(request)
    Image.new("L", (9, 7), 200).save(pictures / "b" / "0.png")
    assert Job(request=request).images_key != keys[0] and again.whole_key(request) != keys[1]
    words = ["--checkpoint", str(bad / "good.pt"), "--board", "ulx3s", "--stop-after", "plan",
             "--out", str(tmp_path / "out"), "--images", str(pictures)]
    assert build.main(words) == 0
    (pictures / "c").rename(pictures / "d")
    assert build.main(words) == 2
    assert "its classes are a, b, d; the network's are a, b, c" in capsys.readouterr().err
