"""The flow: a step runs when something it depends on has changed, and only then."""

import shutil
from pathlib import Path

import pytest

from hw import build
from hw.build import default_out
from hw.flow.folder import Folder, key
from hw.flow.job import Job, Request
from hw.flow.simulate import Simulate
from model.refusal import Refusal


@pytest.fixture
def folder(bad: Path, tmp_path: Path) -> Path:
    """A folder with a checkpoint in it."""
    shutil.copy(bad / "good.pt", tmp_path / "net.pt")
    return tmp_path


def done(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, bool]:
    """Build as far as Verilog: whether each step was run."""
    arguments = ["--checkpoint", str(folder / "net.pt"), "--board", "ulx3s", "--simulate", "0"]
    arguments += ["--out", str(folder / "out")]
    if "--stop-after" not in options:
        arguments += ["--stop-after", "verilog"]
    assert build.main([*arguments, *options]) == 0
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
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    ran = done(folder, capsys, "--fps", "1000")
    assert ran == {"load": False, "fold": False, "plan": True, "verilog": True, "report": True}


def test_a_seed_is_nothing_to_the_verilog(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    ran = done(folder, capsys, "--seed", "9")
    assert ran == {"load": False, "fold": False, "plan": False, "verilog": False, "report": True}


def test_a_seed_decides_a_simulation_of_random_images_only(
    folder: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)

    def inputs(seed: int, images: Path | None) -> str:
        out, checkpoint = folder / "out", folder / "net.pt"
        request = Request(checkpoint=checkpoint, board="ulx3s", out=out, seed=seed, images=images)
        return Simulate().inputs(Job(request=request))

    assert inputs(1, None) != inputs(2, None)
    assert inputs(1, bad / "good.npy") == inputs(2, bad / "good.npy")
    shutil.copy(bad / "good.npy", folder / "images.npy")
    assert inputs(1, None) == inputs(2, None)


def test_attempts_are_so_many_seeds_from_the_first(folder: Path) -> None:
    request = Request(
        checkpoint=folder / "net.pt", board="ulx3s", out=folder / "out", seed=4, attempts=2
    )
    assert Job(request=request).seeds == (4, 5)


def test_another_checkpoint_is_folded_anew(
    folder: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    shutil.copy(bad / "other.pt", folder / "net.pt")
    assert all(done(folder, capsys).values())


@pytest.mark.parametrize("damage", ["delete", "edit"])
def test_a_file_that_is_no_longer_what_was_written_is_made_again(
    damage: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    design = folder / "out" / "design.v"
    text = design.read_text()
    if damage == "delete":
        design.unlink()
    else:
        design.write_text(text + "// edited\n")
    assert done(folder, capsys)["verilog"]
    assert design.read_text() == text


def test_what_belongs_to_another_plan_is_removed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    done(folder, capsys, "--stop-after", "plan", "--fps", "1000")
    assert not (folder / "out" / "design.v").exists()
    done(folder, capsys, "--stop-after", "plan", "--fps", "1000")
    done(folder, capsys)
    done(folder, capsys, "--stop-after", "plan")
    assert (folder / "out" / "design.v").exists()


def test_a_refused_build_leaves_an_earlier_one_as_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(folder, capsys)
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    arguments = ["--checkpoint", str(folder / "net.pt"), "--board", "ulx3s", "--fps", "1e9"]
    assert build.main([*arguments, "--out", str(folder / "out")]) == 2
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before


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
