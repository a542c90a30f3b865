"""The table of accuracies: that rows resume, that a claim is tested, and what a table may say."""

import statistics
from dataclasses import replace

import pytest
from scipy.stats import t as student

from benchmarks import accuracy, accuracy_document, outcomes
from benchmarks.networks import Missing
from benchmarks.outcomes import KEPT, Hardware, Outcome, Runs, chance, read
from benchmarks.trainings import ROWS, SECTIONS, Section, Training
from model.train import COMMAND

TINY = "--arch small --width 4 --data mnist --epochs 2 --device cpu --threads 1 --batch 50"
ROW = Training(name="tiny-bnn", words=f"--method bnn {TINY}", seeds=2, published="87.54 +- 0.38")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The command's files go to a folder of the test's own, and its rows are small."""
    for module, name in ((accuracy, "TABLE"), (accuracy, "KEPT")):
        monkeypatch.setattr(module, name, tmp_path / name)
    rows = {"tiny-bnn": ROW, "far": replace(ROW, name="far", words=f"{ROW.words} --device cuda")}
    sections = (Section(title="Tiny", text="", rows=tuple(rows.values()), hardware=True),)
    monkeypatch.setattr(accuracy, "ROWS", rows)
    monkeypatch.setattr(accuracy, "SECTIONS", sections)
    monkeypatch.setattr(accuracy_document, "SECTIONS", sections)
    return tmp_path


def made(*percents, **changed):
    found = [Outcome(seed=seed, correct=round(100 * percent), images=10_000, epochs=8, epoch=2.5,
                     rate=1234.0, seconds=20.0, commit="abc1234")
             for seed, percent in enumerate(percents, 1)]
    given = {"row": "one", "command": "c", "machine": "x86_64, one core",
             "tools": {"torch": "2"}, "outcomes": tuple(found)}
    return Runs(**{**given, **changed})


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_every_row_is_a_command_that_trains(row):
    given = COMMAND.parser().parse_args(row.command.split()[3:])
    assert str(given.out) == f"{row.name}-1.pt"
    assert given.seed == 1
    assert row.teacher is None or given.teacher == f"{row.teacher}-1.pt"
    assert row.accelerator == (given.device == "cuda")
    assert row.accelerator or (given.threads, given.device) == (1, "cpu")


def test_names_and_pairs_are_those_of_rows():
    assert len(ROWS) == sum(len(section.rows) for section in SECTIONS)
    pairs = [pair for section in SECTIONS for pair in section.pairs]
    assert ("net2-bnn", "net2-bnn-dl") in pairs and ("net1-bnn", "net1-bnn-dl") in pairs
    for pair in pairs:
        bnn, dl = (ROWS[name].words for name in pair)
        assert dl == bnn.replace("--method bnn ", "--method bnn-dl ")
    names = list(ROWS)
    for row in ROWS.values():
        assert row.teacher is None or names.index(row.teacher) < names.index(row.name)


def test_welchs_test_is_that_of_its_definition():
    a, b = made(80.0, 81.0, 80.5), made(83.0, 83.4, 82.2, 83.1)
    va, vb = (statistics.variance(each.percents) / len(each.percents) for each in (a, b))
    degrees = (va + vb) ** 2 / (va**2 / 2 + vb**2 / 3)
    statistic = (b.mean - a.mean) / (va + vb) ** 0.5
    assert chance(a, b) == pytest.approx(2 * student.sf(abs(statistic), degrees))
    assert chance(a, made(83.0)) is None


@pytest.mark.parametrize(("runs", "said"), [
    (None, "not measured yet"), (made(), "not measured yet"), (made(80.0), "80.00"),
    (made(80.0, 82.0), "81.00 +- 1.41"),
    (made(80.0, outcomes=(*made(80.0).outcomes, replace(made(1.0).outcomes[0], correct=None,
                                                        failure="the loss is nan"))),
     "80.00; 1 failed: the loss is nan"),
])
def test_accuracy_is_the_mean_of_what_ended(runs, said):
    assert accuracy_document.accuracy(runs) == said


def test_difference_is_told_with_its_certainty():
    found = {"a": made(80.0, 81.0), "b": made(83.0, 84.0), "c": made(90.0), "d": made()}
    assert "**b** over **a**: +3.00 points (2 and 2 seeds; p = 0.051)" in (
        accuracy_document.difference("a", "b", found))
    assert "one run is no test" in accuracy_document.difference("a", "c", found)
    assert accuracy_document.difference("a", "d", found) is None
    assert accuracy_document.difference("a", "none", found) is None


def test_document_says_all_that_was_measured_and_names_what_was_not(elsewhere):
    hardware = Hardware(rate=1234.5, paper=3e-9, counter=4e-8, failure=None)
    runs = made(80.0, 82.0, hardware=hardware)
    text = accuracy_document.document({"tiny-bnn": runs})
    assert ("| tiny-bnn | 81.00 +- 1.41 | 87.54 +- 0.38 | 2 | 8 | 2.5 | 1,234 | x86_64, one core |"
            " 1,234 | 3 / 40 |") in text
    assert f"`{ROW.command}`, seeds 1 to 2: 80.00, 82.00. Commit abc1234; torch 2." in text
    assert "| far | not measured yet | 87.54 +- 0.38 | - |" in text
    assert "`python -m benchmarks.accuracy --rows far`" in text


def test_command_trains_keeps_and_does_not_train_again(elsewhere, inputs, monkeypatch, capsys):
    words = ["--rows", "tiny-bnn,far", "--data-dir", str(inputs.data), "--work",
             str(elsewhere / "work")]
    monkeypatch.setattr(accuracy.torch.cuda, "is_available", lambda: False)
    assert accuracy.main([*words, "--seeds", "1"]) == 0
    assert "far: left out, needs a CUDA device" in " ".join(capsys.readouterr().err.split())
    one = read("tiny-bnn", elsewhere / "KEPT")
    assert [each.seed for each in one.outcomes] == [1]
    assert one.outcomes[0].images == 60 and one.outcomes[0].epochs == 2
    assert one.hardware.rate > 0 and one.hardware.counter > one.hardware.paper > 0
    assert read("far", elsewhere / "KEPT") is None
    assert accuracy.main(words) == 0
    two = read("tiny-bnn", elsewhere / "KEPT")
    assert [each.seed for each in two.outcomes] == [1, 2]
    assert two.outcomes[0] == one.outcomes[0]
    assert accuracy_document.accuracy(two) in (elsewhere / "TABLE").read_text()


def test_an_interrupted_run_goes_on_and_one_of_another_command_is_not_taken(inputs, tmp_path):
    state = tmp_path / "tiny-bnn-1.train.pt"
    with pytest.MonkeyPatch.context() as patch:
        cut = "import sys, runpy, model.journal as j\nk = j.Journal.keep\ndef keep(*a):\n" \
              "    k(*a); raise KeyboardInterrupt\nj.Journal.keep = keep\n" \
              "runpy.run_module('model.train', run_name='__main__')"
        run = accuracy.run
        patch.setattr(accuracy, "run", lambda words, **more: run(
            [words[0], "-c", cut, *words[3:]], **more))
        with pytest.raises(Missing, match="seed 1: interrupted"):
            accuracy.train(ROW, 1, inputs.data, tmp_path)
    assert state.exists()
    assert accuracy.train(ROW, 1, inputs.data, tmp_path).epochs == 2
    assert not state.exists()
    with pytest.raises(Missing, match="another command; remove them"):
        accuracy.train(replace(ROW, words=f"{ROW.words} --lr 1"), 1, inputs.data, tmp_path)


def test_a_run_that_diverges_is_an_outcome_and_a_missing_set_is_none(inputs, tmp_path):
    wild = replace(ROW, words=f"{ROW.words} --optimizer momentum --momentum 0 --lr 1000"
                   " --weight-decay 1 --schedule steps --epochs 40")
    found = accuracy.train(wild, 1, inputs.data, tmp_path / "wild")
    assert found.correct is None
    assert "the loss is " in found.failure and "--lr" in found.failure
    assert not [*(tmp_path / "wild").glob("*.pt")]
    with pytest.raises(Missing, match="no such file"):
        accuracy.train(ROW, 1, tmp_path, tmp_path / "none")


def test_a_taught_row_waits_for_its_teacher(inputs, tmp_path):
    with pytest.raises(Missing, match="needs the checkpoint of tiny-real"):
        accuracy.train(replace(ROW, teacher="tiny-real"), 1, inputs.data, tmp_path)


@pytest.mark.parametrize("words", [["--rows", "nets"], ["--data-dir", "nowhere"], []])
def test_command_refuses_what_it_cannot_use(elsewhere, words, capsys):
    assert accuracy.main(words) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("name", sorted(path.stem for path in KEPT.glob("*.json")))
def test_what_is_kept_is_of_a_row_and_its_command(name):
    kept = read(name, KEPT)
    assert kept is not None and kept.row == name
    assert kept.command == ROWS[name].command
    assert '"/' not in (KEPT / f"{name}.json").read_text()


def test_the_document_holds_what_is_kept():
    kept = {name: found for name in ROWS if (found := read(name, outcomes.KEPT))}
    assert accuracy_document.document(kept) == accuracy.TABLE.read_text()
