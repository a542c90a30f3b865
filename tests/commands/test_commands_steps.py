"""The flow: a step runs when something it depends on has changed, and only then."""

import shutil
from pathlib import Path

import pytest

from hw import build
from hw.flow.folder import Folder, key
from hw.flow.job import Job, Request
from hw.flow.netlist import NetlistStep
from hw.flow.request import default_out
from hw.flow.simulate import SimulateStep
from hw.steps import EXPLORE, STEPS
from model.refusal import Refusal


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
    assert set(files) >= {"network.npz", "plan.json", "design.v", "report.json"}
    assert done(folder, capsys) == dict.fromkeys(first, False)
    again = {path.name: path.stat().st_mtime_ns for path in (folder / "out").iterdir()}
    assert again == files


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
    (built / "out" / "design.json").write_text("{}")

    def inputs(simulate: int, netlist: int | None) -> str:
        request = Request(checkpoint=built / "net.pt", board="ulx3s", out=built / "out",
                          simulate=simulate, simulate_netlist=netlist)  # fmt: skip
        return NetlistStep().inputs(Job(request=request))

    assert len({inputs(5, None), inputs(32, None), inputs(32, 5), inputs(32, 6)}) == 4


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
    before = {path.name: path.read_bytes() for path in (built / "out").iterdir()}
    given = arguments(built / "net.pt", built / "out")
    assert build.main([*given, "--fps", "1e9"]) == 2
    assert {path.name: path.read_bytes() for path in (built / "out").iterdir()} == before


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(Refusal, match="is a file"):
        Folder(tmp_path / "out")


def test_a_damaged_ledger_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "steps.json").write_text("{broken")
    assert not Folder(tmp_path).current("fold", key("a"))


def test_the_default_folder_is_named_after_checkpoint_and_board() -> None:
    assert default_out(Path("examples/mnist/net.pt"), "ulx3s") == Path("build/mnist-ulx3s")
    assert default_out(Path("runs/vgg.pt"), "ulx3s") == Path("build/vgg-ulx3s")


def test_a_step_is_called_what_the_list_calls_it() -> None:
    named = {type(step).__name__: step.name for step in (*STEPS, EXPLORE)}
    assert named == {f"{name.capitalize()}Step": name for name in named.values()}
