"""The command that converts: what it takes and refuses, whatever the format."""

from pathlib import Path

import pytest

from model import convert
from model.importers import catalogue, latents
from model.refusal import Refusal
from model.work.convert import convert as converted


@pytest.mark.parametrize("arguments", [
    [], ["SRC", "net.pt"], ["--from", "qonnx", "SRC"], ["--from", "keras", "SRC", "net.pt"]])
def test_unusable_arguments_exit_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        convert.main(arguments)
    assert caught.value.code == 2


def test_unknown_format_is_answered_with_those_there_are():
    with pytest.raises(Refusal, match="called 'keras'; choose from binarynet, bnn-dl, bnn-pynq"):
        converted("keras", Path("SRC"))


@pytest.mark.parametrize("form", [each for each in catalogue.IMPORTERS if each != "torch"])
def test_missing_source_is_refused_in_one_line(form, tmp_path, capsys):
    out = tmp_path / "net.pt"
    assert convert.main(["--from", form, str(tmp_path / "none"), str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path / 'none'}: ") and error.count("\n") == 1
    assert not out.exists()


def test_the_rules_that_the_option_names_are_those_there_are():
    assert tuple(latents.RULES) == catalogue.RULES


def test_output_that_cannot_be_written_is_refused(tmp_path, capsys):
    assert convert.main(["--from", "bnn-pynq", "SRC", str(tmp_path / "none" / "net.pt")]) == 2
    assert "net.pt: there is no folder" in capsys.readouterr().err


def test_earlier_checkpoint_stays_when_the_source_is_refused(tmp_path, capsys):
    out = tmp_path / "net.pt"
    out.write_bytes(b"earlier")
    assert convert.main(["--from", "bnn-pynq", str(tmp_path), str(out)]) == 2
    assert out.read_bytes() == b"earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["net.pt"]
