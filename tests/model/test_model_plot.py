"""The pictures of runs: that they show what the log and the network hold, and what is refused."""

import json
import re

import matplotlib.figure
import numpy as np
import pytest
import torch

from model import figures, plot, runs
from model.activations import deviation, histograms, positive, statistics, taps
from model.checkpoint import save
from model.networks import build
from model.refusal import Refusal

IMAGES = torch.randint(0, 256, (40, 1, 6, 6), generator=torch.Generator().manual_seed(1),
                       dtype=torch.uint8)


def line(epoch, **layers):
    return {"epoch": epoch, "cross_entropy": 2.0 / epoch, "test_accuracy": 0.1 * epoch,
            "train_accuracy": 0.11 * epoch, "activations": layers}


def found(*deciles):
    return {"deviation": list(deciles), "positive": [value / 4 for value in deciles]}


@pytest.fixture
def run(tmp_path):
    """Writes the log of a run of that name, and gives its checkpoint's path."""
    def write(name, lines, folder=tmp_path, **settings):
        folder.mkdir(exist_ok=True)
        given = [{"method": "bnn", "data": "mnist", **settings}, *lines]
        (folder / f"{name}.log.jsonl").write_text("".join(json.dumps(each) + "\n"
                                                          for each in given))
        return folder / f"{name}.pt"
    return write


LINES = [line(1, bn1=found(0.5, 1, 2)), line(2, bn1=found(0.6, 1.1, 2.2))]


@pytest.fixture
def drawn(monkeypatch):
    """The figures as they are saved."""
    kept, save_as = [], matplotlib.figure.Figure.savefig

    def keep(figure, path, **more):
        kept.append(figure)
        save_as(figure, path, **more)
    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", keep)
    return kept


def test_curves_show_every_epoch_of_every_run(run, tmp_path, drawn):
    named = {"one": runs.read(run("one", LINES)), "two": runs.read(run("two", LINES[:1]))}
    figures.curves(named, tmp_path / "curves.svg")
    loss, accuracy = drawn[0].axes
    assert [each.get_xydata().tolist() for each in loss.lines] == [[[1, 2], [2, 1]], [[1, 2]]]
    assert [list(each.get_ydata()) for each in accuracy.lines][:2] == [[0.1, 0.2], [0.11, 0.22]]
    text = (tmp_path / "curves.svg").read_text()
    for said in ("cross-entropy", "accuracy", "one, test", "two, training", "epoch"):
        assert f">{said}<" in text


def test_activations_show_median_and_outer_deciles_of_each_layer(run, tmp_path, drawn):
    lines = [*LINES, line(3, bn1=found(0.7, 1.2, 2.4), bn1_pair=found(1, 2, 3))]
    figures.activations({"net": runs.read(run("net", lines))}, tmp_path / "a.svg")
    spread, balance = drawn[0].axes
    assert [each.get_label() for each in spread.lines] == ["bn1", "bn1_pair"]
    assert [list(each.get_ydata()) for each in spread.lines] == [[1, 1.1, 1.2], [2]]
    assert list(balance.lines[0].get_ydata()) == [0.25, 0.275, 0.3]
    band = spread.collections[0].get_paths()[0].vertices
    assert {(1.0, 0.5), (1.0, 2.0), (3.0, 0.7), (3.0, 2.4)} <= {tuple(at) for at in band.tolist()}


def test_histograms_are_rows_of_shares_by_their_mean(tmp_path, drawn):
    counts = np.array([[0, 0, 4], [9, 0, 0], [1, 2, 1]])
    figures.histograms({"bn1": counts}, np.array([-3.0, -1, 1, 3]), "net", tmp_path / "h.png")
    (image,) = drawn[0].axes[0].images
    assert image.get_array().tolist() == [[1, 0, 0], [0.25, 0.5, 0.25], [0, 0, 1]]
    assert (tmp_path / "h.png").read_bytes()[:4] == b"\x89PNG"


def test_a_picture_of_one_run_is_the_same_file_twice(run, tmp_path):
    named = {"net": runs.read(run("net", LINES))}
    for name in ("a.svg", "b.svg"):
        figures.activations(named, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.fixture
def network(arch):
    torch.manual_seed(2)
    return build(arch)


def test_statistics_are_those_of_what_enters_and_leaves_the_signs(network):
    network.eval()
    with torch.no_grad():
        stages = network.stages(IMAGES)
    tap = stages["bn1"].double()
    spread = tap.std((0, 2, 3), unbiased=False)
    share = (stages["sign1"] == 1).double().mean((0, 2, 3))
    (name, entering, leaving), = taps(network.train(), IMAGES)
    assert name == "bn1" and network.training
    assert deviation(entering).tolist() == pytest.approx(spread.tolist())
    assert positive(leaving).tolist() == pytest.approx(share.tolist())
    deciles = statistics(network, IMAGES)["bn1"]
    for kind, values in (("deviation", spread), ("positive", share)):
        assert deciles[kind] == pytest.approx(np.quantile(values, [0.1, 0.5, 0.9]), abs=1e-5)


def test_histograms_count_every_activation_once_the_ends_open(network):
    edges = np.linspace(-0.5, 0.5, 5)
    (name, counts), = histograms(network, IMAGES, edges)
    rows = network.eval().stages(IMAGES)["bn1"].detach().movedim(1, 0).flatten(1).numpy()
    assert (name, counts.shape) == ("bn1", (4, 4))
    assert counts.sum(1).tolist() == [40 * 3 * 3] * 4
    assert counts[:, 3].tolist() == (rows >= 0.25).sum(1).tolist()
    assert counts[:, 0].tolist() == (rows < -0.25).sum(1).tolist()


def test_command_writes_the_figures_of_runs_and_names_them(
        run, tmp_path, mnist_dir, checkpoint, capsys):
    checkpoint.arch["input"]["shape"] = [1, 28, 28]
    checkpoint.arch["layers"][4:4] = [{"kind": "max_pool", "name": "fit", "kernel": [4, 4]}]
    save(checkpoint, run("net", LINES))
    run("old", [{name: value for name, value in each.items() if name != "activations"}
                for each in LINES])
    out = tmp_path / "out"
    out.mkdir()
    words = [str(tmp_path / "net.pt"), str(tmp_path / "old.log.jsonl"), "--out", str(out),
             "--data-dir", str(mnist_dir), "--format", "svg"]
    assert plot.main(words) == 0
    said = capsys.readouterr()
    names = ["activations.svg", "curves.svg", "net.histograms.svg"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert sorted(re.findall(r"[\w.]+\.svg", said.out)) == names
    assert "old: curves only, its log has no activations" in said.err


def test_runs_of_one_file_name_are_told_apart_by_their_folder(run, tmp_path):
    paths = [run("net", LINES, tmp_path / name) for name in ("a", "b")] + [run("other", LINES)]
    assert runs.names([runs.read(path) for path in paths]) == ["a-net", "b-net", "other"]


def test_a_finished_log_has_a_result_and_one_that_goes_on_has_none(run):
    done = runs.read(run("done", [*LINES, {"accuracy": 0.5, "correct": 5}]))
    assert (len(done.epochs), done.metrics) == (2, {"accuracy": 0.5, "correct": 5})
    assert runs.read(run("on", LINES)).metrics is None


@pytest.mark.parametrize(("text", "said"), [
    (None, r"net\.log\.jsonl: no such file; give a checkpoint"),
    ("", "is no log of model.train"), ("[1]\n", "is no log of model.train"),
    ("{}\n", "is no log of model.train"), ("not json\n", "cannot be read"),
])
def test_what_is_no_log_is_refused(tmp_path, text, said):
    if text is not None:
        (tmp_path / "net.log.jsonl").write_text(text)
    with pytest.raises(Refusal, match=said):
        runs.read(tmp_path / "net.pt")


@pytest.mark.parametrize(("words", "said"), [
    (["net.pt", "--out", "fresh.log.jsonl"], "fresh.log.jsonl: is no folder"),
    (["net.pt", "--out", "fresh.log.jsonl/new"], "fresh.log.jsonl/new: cannot be written"),
    (["net.pt", "--out", "x" * 300], "cannot be written (File name too long)"),
    (["net.pt", "net.pt"], "a run is given twice"),
    (["fresh.pt"], "fresh: no epoch is finished yet"),
    (["net.pt", "--data-dir", "."], "net.pt: no such file"),
])
def test_command_refuses_in_one_line_and_writes_nothing(
        run, tmp_path, monkeypatch, capsys, words, said):
    run("net", LINES)
    run("fresh", [])
    monkeypatch.chdir(tmp_path)
    assert plot.main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not [*tmp_path.glob("*.png")]


def test_command_makes_the_folder_and_leaves_nothing_else_in_it(run, tmp_path, capsys):
    out = tmp_path / "some" / "new"
    assert plot.main([str(run("net", LINES)), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["activations.png", "curves.png"]


def test_pictures_are_all_written_or_none(run, tmp_path, monkeypatch):
    def fails(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(figures, "activations", fails)
    (tmp_path / "out").mkdir()
    assert plot.main([str(run("net", LINES)), "--out", str(tmp_path / "out")]) == 2
    assert not [*(tmp_path / "out").iterdir()]


def test_a_single_epoch_is_seen_at_a_whole_number(run, tmp_path, drawn):
    """A line of one point is not drawn: it needs a mark."""
    named = {"one": runs.read(run("one", LINES[:1]))}
    figures.curves(named, tmp_path / "curves.svg")
    figures.activations(named, tmp_path / "activations.svg")
    for axes in [axes for figure in drawn for axes in figure.axes]:
        assert axes.lines and all(each.get_marker() == "o" for each in axes.lines)
        assert [tick for tick in axes.get_xticks() if 0.5 <= tick <= 1.5] == [1]
    assert all(len(axes.collections) == 1 for axes in drawn[1].axes)


@pytest.mark.parametrize("name", ["a$b_{$c", "_best", "x^y_z", "[red]x"])
def test_a_run_may_be_called_anything(name, run, tmp_path, drawn):
    named = {name: runs.read(run(name, LINES))}
    figures.curves(named, tmp_path / "curves.svg")
    figures.activations(named, tmp_path / "activations.svg")
    shown = [text.get_text() for text in drawn[0].axes[0].get_legend().get_texts()]
    assert [text.strip() for text in shown] == [name]


@pytest.mark.parametrize(("lines", "said"), [
    ([{"epoch": 1}], "0.cross_entropy: Field required"),
    ([line(1), {**line(2), "epoch": "x"}], "1.epoch: "),
    ([{**line(1), "epoch": 10**12}], "0.epoch: "),
    ([{**line(1), "epoch": 10**400}], "0.epoch: "),
    ([{**line(1), "test_accuracy": [1]}], "0.test_accuracy: "),
    ([{**line(1), "test_accuracy": 10**400}], "0.test_accuracy: "),
    ([{**line(1), "activations": [1]}], "0.activations: "),
    ([line(1, bn1={"deviation": [1, 2]})], "0.activations.bn1.deviation.2: "),
    ([line(1, bn1={"spread": [1, 2, 3]})], "0.activations.bn1.spread"),
])
def test_a_line_that_training_does_not_write_is_refused(lines, said, run):
    with pytest.raises(Refusal, match=re.escape(said)) as refused:
        runs.read(run("bad", lines))
    assert "bad.log.jsonl: is no log of model.train" in str(refused.value)
    assert len(str(refused.value)) < 500


def test_settings_of_another_kind_are_refused(run):
    for settings in ({"method": 3}, {"data": ["mnist"]}, {"data": None}):
        with pytest.raises(Refusal, match="is no log of model"):
            runs.read(run("bad", LINES, **settings))


def test_numbers_of_a_run_that_went_astray_are_drawn(run, tmp_path):
    astray = {**line(2), "cross_entropy": float("nan"), "train_accuracy": float("inf")}
    figures.curves({"run": runs.read(run("run", [line(1), astray]))}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 0
