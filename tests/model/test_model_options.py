"""Options: numbers within bounds, names and paths, refused in a line that says what to give."""

import pytest

from model import options
from model.refusal import Refusal


@pytest.mark.parametrize("text", [
    "nan", "inf", "-1", "1.5", "1e3", "", " ", "ten", "11", "10" * 3000, "0x1", "--", "\n5x"])
def test_what_is_no_whole_number_within_bounds_is_refused(text):
    with pytest.raises(Refusal) as refusal:
        options.whole("--count", 0, 10)(text)
    said = str(refusal.value)
    assert said.startswith("--count ") and said.endswith(": give a whole number from 0 to 10")
    assert said.isprintable() and len(said) < 150


@pytest.mark.parametrize("text", [
    "nan", "inf", "-inf", "-0.1", "1e-300", "1e300", "", "ten", "0", "1e5000", "9" * 5000])
def test_what_is_no_number_within_bounds_is_refused(text):
    with pytest.raises(Refusal) as refusal:
        options.real("--share", 0.5, 1000)(text)
    said = str(refusal.value)
    assert said.startswith("--share ") and said.endswith(": give a number from 0.5 to 1,000")
    assert said.isprintable() and len(said) < 150


def test_bounds_are_within():
    assert [options.whole("--n", 0, 10)(text) for text in ("0", "10")] == [0, 10]
    assert [options.real("--n", 0.5, 2)(text) for text in ("0.5", "2", "1e0")] == [0.5, 2, 1]
    assert options.whole("--n", -5, 5)("-5") == -5


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_an_empty_name_is_refused(text):
    with pytest.raises(Refusal, match=r"--variant .*: an empty name"):
        options.name("--variant")(text)


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_what_can_be_no_path_is_refused(text):
    with pytest.raises(Refusal, match=r"--out .*: no path"):
        options.path("--out")(text)


def test_a_parser_says_what_is_wrong_in_one_line(capsys):
    parser = options.Parser(prog="python -m model.none")
    parser.add_argument("--needed", required=True)
    parser.add_argument("--kind", choices=["one", "two"])
    for words, told in (([], "arguments are required: --needed"), (["--kind", "3"], "--kind: "),
                        (["--needed", "x", "--more\nlines"], "--more\\nlines")):
        with pytest.raises(SystemExit) as left:
            parser.parse_args(words)
        said = capsys.readouterr().err
        assert left.value.code == 2
        assert said.startswith("error: ") and said.count("\n") == 1 and told in said
