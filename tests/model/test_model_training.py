"""Training: what it learns, what it leaves behind, and that it resumes bit for bit."""

import io
import json
import zipfile

import pytest
import torch

from model.checkpoint import load
from model.data import load as load_set
from model.refusal import Refusal
from model.settings import Settings
from model.tables import threshold
from model.topologies import topology
from model.train import main
from model.training import Diverged, Trainer, negate_gammas, train

ARCH = topology("small", 8, [1, 28, 28], [threshold()])


def settings(**changed):
    given = {"method": "bnn-dl", "data": "mnist", "epochs": 3, "batch": 32, "shift": 1,
             "negative_gammas": 0.5, "threads": 1, **changed}
    return Settings(**given)


@pytest.fixture
def sets(mnist_dir):
    return load_set("mnist", mnist_dir, "train"), load_set("mnist", mnist_dir, "test")


def stop_after(epoch):
    def on_epoch(line):
        if line["epoch"] == epoch:
            raise KeyboardInterrupt
    return on_epoch


@pytest.mark.parametrize("method", ["bnn", "bnn-dl"])
@pytest.mark.parametrize("stop", [1, 2])
def test_resumed_run_equals_uninterrupted_bit_for_bit(sets, tmp_path, method, stop):
    whole = train(settings(method=method), ARCH, *sets, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        train(settings(method=method), ARCH, *sets, tmp_path / "cut.pt", on_epoch=stop_after(stop))
    assert not (tmp_path / "cut.pt").exists()
    torch.manual_seed(999)
    again = train(settings(method=method), ARCH, *sets, tmp_path / "cut.pt", resume=True)
    assert again.state_dict.keys() == whole.state_dict.keys()
    for key, value in whole.state_dict.items():
        assert torch.equal(again.state_dict[key], value), key
    assert again.metrics == whole.metrics


def test_state_disappears_and_log_stays_when_a_run_is_finished(sets, tmp_path):
    checkpoint = train(settings(), ARCH, *sets, tmp_path / "net.pt")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "net.log.jsonl", "net.pt"]
    first, *epochs, last = map(json.loads, (tmp_path / "net.log.jsonl").read_text().splitlines())
    assert (first["seed"], first["weight"], first["variant"]) == (1, 2.0, "paper")
    assert [line["epoch"] for line in epochs] == [1, 2, 3]
    assert last == checkpoint.metrics == load(tmp_path / "net.pt").metrics


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "nesterov", "rmsprop"])
def test_resumed_run_of_every_optimizer_equals_uninterrupted(sets, tmp_path, optimizer):
    chosen = settings(optimizer=optimizer, lr=0.05, weight_decay=1e-4)
    whole = train(chosen, ARCH, *sets, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        train(chosen, ARCH, *sets, tmp_path / "cut.pt", on_epoch=stop_after(1))
    again = train(chosen, ARCH, *sets, tmp_path / "cut.pt", resume=True)
    for key, value in whole.state_dict.items():
        assert torch.equal(again.state_dict[key], value), key


def test_another_seed_gives_another_network(sets, tmp_path):
    one = train(settings(epochs=1), ARCH, *sets, tmp_path / "one.pt")
    two = train(settings(epochs=1, seed=2), ARCH, *sets, tmp_path / "two.pt")
    assert not torch.equal(one.state_dict["dense.weight"], two.state_dict["dense.weight"])


def test_resume_refuses_other_settings_and_nothing_to_resume(sets, tmp_path):
    out = tmp_path / "net.pt"
    with pytest.raises(Refusal, match="nothing to resume"):
        train(settings(), ARCH, *sets, out, resume=True)
    with pytest.raises(KeyboardInterrupt):
        train(settings(), ARCH, *sets, out, on_epoch=stop_after(1))
    with pytest.raises(Refusal, match=r"other settings: lr was 0\.005, is 0\.1"):
        train(settings(lr=0.1), ARCH, *sets, out, resume=True)
    with pytest.raises(Refusal, match="an unfinished run lies here"):
        train(settings(), ARCH, *sets, out)


def test_trained_network_and_unfinished_run_are_overwritten_only_when_asked(sets, tmp_path):
    out = tmp_path / "net.pt"
    first = train(settings(epochs=1), ARCH, *sets, out)
    for resume, said in ((False, "net.pt: a file lies here already.*--overwrite, or change --out"),
                         (True, r"nothing to resume; the run that wrote .*net.pt is done")):
        with pytest.raises(Refusal, match=said):
            train(settings(epochs=1, seed=2), ARCH, *sets, out, resume=resume)
    assert load(out).digest == first.digest
    second = train(settings(epochs=1, seed=2), ARCH, *sets, out, overwrite=True)
    assert load(out).digest == second.digest != first.digest
    out.unlink()
    with pytest.raises(KeyboardInterrupt):
        train(settings(), ARCH, *sets, out, on_epoch=stop_after(1))
    with pytest.raises(Refusal, match="go on with --resume, or start anew with --overwrite"):
        train(settings(), ARCH, *sets, out)
    with pytest.raises(Refusal, match="--resume goes on with a run and --overwrite starts anew"):
        train(settings(), ARCH, *sets, out, resume=True, overwrite=True)
    train(settings(epochs=1), ARCH, *sets, out, overwrite=True)
    assert load(out).digest == first.digest


def test_flipped_bit_in_the_state_of_a_run_is_refused(sets, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train(settings(), ARCH, *sets, tmp_path / "net.pt", on_epoch=stop_after(1))
    state = tmp_path / "net.train.pt"
    flipped = bytearray(state.read_bytes())
    weights = flipped.index(train_record(flipped))
    flipped[weights + 2] ^= 4
    state.write_bytes(flipped)
    with pytest.raises(Refusal, match=r"net\.train\.pt: damaged, .*check sums"):
        train(settings(), ARCH, *sets, tmp_path / "net.pt", resume=True)


@pytest.mark.parametrize("change", [
    lambda state: state.pop("history"), lambda state: state.pop("network"),
    lambda state: state.update(history=3), lambda state: state.update(optimiser={}),
    lambda state: state["network"].popitem(), lambda state: state.update(network=[1])])
def test_state_of_something_else_is_refused(sets, tmp_path, change):
    with pytest.raises(KeyboardInterrupt):
        train(settings(), ARCH, *sets, tmp_path / "net.pt", on_epoch=stop_after(1))
    state = torch.load(tmp_path / "net.train.pt", weights_only=True)
    change(state)
    torch.save(state, tmp_path / "net.train.pt")
    with pytest.raises(Refusal, match=r"net\.train\.pt: not the state of this run \("):
        train(settings(), ARCH, *sets, tmp_path / "net.pt", resume=True)


def train_record(state):
    """The bytes of the largest record: the weights of a layer, or a moment of them."""
    with zipfile.ZipFile(io.BytesIO(state)) as archive:
        return archive.read(max(archive.infolist(), key=lambda record: record.file_size))


@pytest.mark.parametrize(("name", "said"), [
    ("none/net.pt", "there is no folder"), ("n" * 250 + ".pt", "File name too long"),
    ("", "is a folder")])
def test_place_for_no_checkpoint_is_refused_before_training(sets, tmp_path, name, said):
    with pytest.raises(Refusal, match=said):
        train(settings(), ARCH, *sets, tmp_path / name, on_epoch=stop_after(1))


def test_latents_stay_within_one_and_weights_move(sets):
    trainer = Trainer(settings(lr=0.5), ARCH, torch.device("cpu"))
    before = [product.weight.clone() for product in trainer.network.products()]
    trainer.epoch(sets[0])
    for product, earlier in zip(trainer.network.products(), before, strict=True):
        assert product.weight.abs().max().item() == 1
        assert not torch.equal(product.weight, earlier)


def test_distribution_loss_draws_the_taps_out(sets):
    last = []
    for weight in (0.0, 2.0):
        chosen = settings(weight=weight, epochs=8, lr=0.02)
        trainer = Trainer(chosen, ARCH, torch.device("cpu"))
        for _ in range(8):
            trainer.history.append(trainer.epoch(sets[0]))
        assert trainer.history[-1]["cross_entropy"] < trainer.history[0]["cross_entropy"]
        last.append(trainer.history[-1]["distribution"])
    assert last[1] < last[0] / 2


def test_loss_that_is_no_number_stops_the_run_with_its_cause(sets):
    trainer = Trainer(settings(), ARCH, torch.device("cpu"))
    with torch.no_grad():
        trainer.network.layer("bn2").bias[3] = float("inf")
    with pytest.raises(Diverged, match=r"epoch 1, after 0 images: the loss is .*bn2\.bias not"):
        trainer.epoch(sets[0])


def test_settled_statistics_are_those_of_the_training_images(sets):
    trainer = Trainer(settings(batch=50), ARCH, torch.device("cpu"))
    trainer.epoch(sets[0])
    weights = [product.weight.clone() for product in trainer.network.products()]
    trainer.settle(sets[0])
    stages = trainer.network.stages(torch.as_tensor(sets[0].images))
    mean = stages["pool1"].double().mean((0, 2, 3))
    assert trainer.network.layer("bn1").running_mean.tolist() == pytest.approx(mean.tolist())
    for product, before in zip(trainer.network.products(), weights, strict=True):
        assert torch.equal(product.weight, before)


def test_negative_gammas_are_a_share_of_the_channels():
    trainer = Trainer(settings(negative_gammas=0.0), ARCH, torch.device("cpu"))
    torch.manual_seed(1)
    negate_gammas(trainer.network, 0.5)
    gammas = trainer.network.layer("bn1").weight
    assert set(gammas.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize(("schedule", "rates"), [
    ("cosine", [(0.0, 1.0), (0.5, 0.5)]), ("steps", [(0.0, 1.0), (0.2, 0.2), (0.45, 0.1),
                                                     (0.99, 0.002)])])
def test_schedule_at_a_share_of_the_run(schedule, rates):
    chosen = settings(schedule=schedule, lr=1.0)
    assert [chosen.rate(progress) for progress, _ in rates] == pytest.approx(
        [rate for _, rate in rates])


@pytest.mark.parametrize("changed", [
    {"epochs": 0}, {"batch": 1}, {"lr": 0.0}, {"lr": float("nan")}, {"weight": -1.0},
    {"shift": -1}, {"negative_gammas": 1.5}, {"seed": -1}, {"threads": -1}])
def test_setting_out_of_range_is_refused_with_its_value(changed):
    with pytest.raises(Refusal, match=f"{next(iter(changed.values()))} is not between"):
        settings(**changed)


def test_last_batch_of_one_image_is_left_out(sets):
    trainer = Trainer(settings(batch=199, epochs=1), ARCH, torch.device("cpu"))
    assert trainer.epoch(sets[0])["epoch"] == 1


def command(mnist_dir, out, *more):
    return ["--method", "bnn", "--arch", "small", "--width", "8", "--data", "mnist", "--data-dir",
            str(mnist_dir), "--out", str(out), "--epochs", "1", "--threads", "1", *more]


def test_command_trains_and_reports(mnist_dir, tmp_path, capsys):
    assert main(command(mnist_dir, tmp_path / "net.pt", "--table", "threshold")) == 0
    checkpoint = load(tmp_path / "net.pt")
    assert f"{checkpoint.metrics['correct']} of 60 mnist test images right" in (
        capsys.readouterr().out)
    assert checkpoint.training["weight"] == 0
    assert checkpoint.arch["input"]["table"] == [threshold()]


def test_command_trains_on_the_first_images_only(mnist_dir, tmp_path):
    assert main(command(mnist_dir, tmp_path / "few.pt", "--train-images", "120")) == 0
    assert main(command(mnist_dir, tmp_path / "all.pt")) == 0
    few, every = (load(tmp_path / name) for name in ("few.pt", "all.pt"))
    assert (few.training["train_images"], every.training["train_images"]) == (120, 200)
    bn = "bn1.running_mean"
    assert not torch.equal(few.state_dict[bn], every.state_dict[bn])


def test_command_takes_an_arch_from_a_file(mnist_dir, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(ARCH))
    given = command(mnist_dir, tmp_path / "net.pt")
    given[3] = str(path)
    assert main(given) == 0


@pytest.mark.parametrize(("part", "value", "said"), [
    ("input", {"shape": [1, 26, 28], "table": [threshold()]}, "images of mnist are [1, 28, 28]"),
    ("layers", [{"kind": "flatten", "name": "f"}, {"kind": "dense", "name": "d", "out": 9}],
     "9 scores, mnist has 10 classes"),
])
def test_arch_that_does_not_fit_the_images_is_refused(sets, tmp_path, part, value, said):
    with pytest.raises(Refusal) as caught:
        train(settings(), {**ARCH, part: value}, *sets, tmp_path / "net.pt")
    assert said in str(caught.value)


@pytest.mark.parametrize(("more", "said"), [
    (["--arch", "alexnet"], "no architecture is called 'alexnet'"),
    (["--arch", "none.json"], "none.json: no such file"),
    (["--data-dir", "nowhere"], "nowhere: no such folder; --data-dir names"),
    (["--out", "nowhere/net.pt"], "net.pt: there is no folder nowhere"),
    (["--out", "."], ".: is a folder"),
    (["--resume"], "nothing to resume"),
    (["--width", "0"], "--width 0: give a whole number from 1 to 65,536"),
    (["--train-images", "201"], "--train-images 201: give 2 to 200"),
    (["--train-images", "1"], "--train-images 1: give 2 to 200"),
    (["--method", "bnn-dl", "--lambda", "-1"], "--lambda -1: give a number from 0 to "),
])
def test_command_refuses_in_one_line_and_writes_nothing(mnist_dir, tmp_path, capsys, more, said):
    assert main(command(mnist_dir, tmp_path / "net.pt", *more)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("error: ") and error.count("\n") == 1
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []
