"""The training methods at work: they learn, resume bit for bit, and export what they trained."""

import pytest
import torch

from model import outcome
from model.checkpoint import load
from model.data import load as load_set
from model.methods.binaryduo import decouple
from model.methods.catalogue import METHODS
from model.networks import build
from model.quantisation import quantise
from model.refusal import Refusal
from model.scoring import correct, scores
from model.settings import Settings
from model.tables import threshold
from model.topologies import topology
from model.train import main
from model.training import Trainer, train

ARCH = topology("small", 8, [1, 28, 28], [threshold()])
HEAD = {"kind": "conv", "name": "head", "out": 10, "kernel": [3, 3], "padding": [1, 1],
        "pad": "zero", "bias": True}
AVERAGED = {**ARCH, "layers": [
    *ARCH["layers"][:-3], HEAD, {"kind": "global_average_pool", "name": "average"}]}
"""A head without batch norm behind a padded convolution, as vgg has it."""


RESIDUAL = topology("resnet20", 2, [1, 28, 28], [threshold()])


def settings(method, **changed):
    given = {"method": method, "data": "mnist", "epochs": 4, "batch": 32, "shift": 1,
             "threads": 1, "nu": 1e5, **METHODS[method].usual, **changed}
    return Settings(**given)


@pytest.fixture
def sets(mnist_dir):
    return load_set("mnist", mnist_dir, "train"), load_set("mnist", mnist_dir, "test")


@pytest.fixture
def teacher(sets, tmp_path):
    path = tmp_path / "teacher.pt"
    train(settings("real"), ARCH, *sets, path)
    return str(path)


def stop_after(epoch):
    def on_epoch(line):
        if line["epoch"] == epoch:
            raise KeyboardInterrupt
    return on_epoch


CHOSEN = [
    ("real", {}), ("bd-bnn", {}), ("bd-bnn", {"gradient": "ede", "kurtosis": (1.4,)}),
    ("bd-bnn", {"weights": "ir-net"}), ("bd-bnn", {"weights": "xnor-net"}),
    ("self-binarizing", {}), ("binaryduo", {}), ("binaryduo", {"negative_gammas": 0.5})]


def equal(one, two):
    assert one.state_dict.keys() == two.state_dict.keys()
    for key, value in one.state_dict.items():
        assert torch.equal(two.state_dict[key], value), key
    assert one.metrics == two.metrics


# Of the four epochs binaryduo decouples before the third: in each of the parts, and between them.
@pytest.mark.parametrize("stop", [1, 2, 3])
@pytest.mark.parametrize(("method", "options"), CHOSEN)
def test_resumed_run_equals_uninterrupted_bit_for_bit(sets, tmp_path, method, options, stop):
    chosen = settings(method, **options)
    whole = train(chosen, ARCH, *sets, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        train(chosen, ARCH, *sets, tmp_path / "cut.pt", on_epoch=stop_after(stop))
    torch.manual_seed(999)
    equal(train(chosen, ARCH, *sets, tmp_path / "cut.pt", resume=True), whole)


def test_run_with_a_teacher_resumes_and_tells_one_teacher_from_another(sets, tmp_path, teacher):
    chosen = settings("bd-bnn", teacher=teacher, gradient="ede")
    whole = train(chosen, ARCH, *sets, tmp_path / "whole.pt")
    assert whole.training["teacher_accuracy"] == load(teacher).metrics["accuracy"]
    with pytest.raises(KeyboardInterrupt):
        train(chosen, ARCH, *sets, tmp_path / "cut.pt", on_epoch=stop_after(1))
    equal(train(chosen, ARCH, *sets, tmp_path / "cut.pt", resume=True), whole)
    with pytest.raises(KeyboardInterrupt):
        train(chosen, ARCH, *sets, tmp_path / "other.pt", on_epoch=stop_after(1))
    train(settings("real", seed=2), ARCH, *sets, tmp_path / "teacher.pt", overwrite=True)
    with pytest.raises(Refusal, match="other settings: teacher_sha256 was"):
        train(chosen, ARCH, *sets, tmp_path / "other.pt", resume=True)


@pytest.mark.parametrize(("method", "options"), CHOSEN)
def test_every_method_learns(sets, method, options):
    trainer = Trainer(settings(method, **options), ARCH, torch.device("cpu"))
    for _ in range(4):
        trainer.history.append(trainer.epoch(sets[0]))
    first, last = trainer.history[0], trainer.history[-1]
    assert last["cross_entropy"] < first["cross_entropy"]
    assert last["train_accuracy"] > first["train_accuracy"]


EXPORTED = [(*each, arch) for each in CHOSEN if each[0] in ("bd-bnn", "binaryduo")
            for arch in (ARCH, AVERAGED)] + [("bd-bnn", {}, RESIDUAL)]


@pytest.mark.parametrize(("method", "options", "arch"), EXPORTED)
def test_exported_network_gives_the_classes_of_the_trained_one(
        sets, tmp_path, method, options, arch):
    trainer = Trainer(settings(method, **options), arch, torch.device("cpu"))
    for _ in range(4):
        trainer.history.append(trainer.epoch(sets[0]))
    trainer.settle(sets[0])
    exported, tensors = trainer.method.export(trainer.network)
    network = build(exported).eval()
    network.load_state_dict(tensors)
    for name, product in network.named_modules():
        if name and getattr(product, "binary", False):
            assert tensors[f"{name}.weight"].dtype == torch.int8
    trained, hard = scores(trainer.network, sets[0].images), scores(network, sets[0].images)
    assert torch.equal(trained.argmax(1), hard.argmax(1))
    # A head without a batch norm keeps its weights' scale out of the scores.
    ratio = (trained - trained.mean()).std() / (hard - hard.mean()).std()
    assert ((trained - hard * ratio).abs() < 1e-3 * trained.abs().max()).float().mean() > 0.99


@pytest.mark.parametrize("arch", [ARCH, AVERAGED], ids=["dense", "averaged"])
def test_decoupled_network_equals_the_ternary_one(sets, arch):
    chosen = settings("binaryduo", negative_gammas=0.3)
    trainer = Trainer(chosen, arch, torch.device("cpu"))
    for _ in range(2):
        trainer.history.append(trainer.epoch(sets[0]))
    coupled, pairs = trainer.network, trainer.method.build(arch, 1)
    pairs.load_state_dict(decouple(coupled, pairs))
    # In double, so that no sum of thirds of a scale rounds differently in another order.
    images = torch.as_tensor(sets[0].images)
    one, two = (network.double().eval().stages(images) for network in (coupled, pairs))
    names = [record.name for record in coupled.arch.layers if record.kind == "sign"]
    for name in names:
        assert set(one[name].unique().tolist()) == {0, 0.5, 1}
        assert torch.equal((two[name][:, ::2] + two[name][:, 1::2]) / 2, one[name])
        lower, upper = two[name][:, ::2], two[name][:, 1::2]
        assert bool((lower >= upper).all())
    last = arch["layers"][-1]["name"]
    assert torch.allclose(one[last], two[last], rtol=1e-12, atol=1e-12)
    assert torch.equal(one[last].flatten(1).argmax(1), two[last].flatten(1).argmax(1))


def test_decoupling_happens_between_the_epochs_it_should(sets):
    trainer = Trainer(settings("binaryduo", epochs=5, coupled=0.6), ARCH, torch.device("cpu"))
    kinds, rates = [], []
    for _ in range(5):
        trainer.history.append(trainer.epoch(sets[0]))
        kinds.append("duplicate" in {record.kind for record in trainer.network.arch.layers})
        rates.append(trainer.method.rate((len(trainer.history) - 1) / 5))
    assert kinds == [False] * 3 + [True] * 2
    assert rates[0] == 0.1 and rates[3] == pytest.approx(0.01) and rates[3] > rates[4]


def test_padding_of_levels_becomes_that_of_signs(sets, tmp_path):
    checkpoint = train(settings("binaryduo"), AVERAGED, *sets, tmp_path / "net.pt")
    pads = {record["name"]: record["pad"] for record in checkpoint.arch["layers"]
            if record["kind"] == "conv"}
    assert pads == {"conv1": "zero", "conv2": "-1", "head": "-1"}


def test_blunt_network_is_refused_in_one_line_and_not_written(sets, tmp_path):
    with pytest.raises(Refusal, match=r"not sharp: .* of the weights of layer 'conv1' .* nu 10;"):
        train(settings("self-binarizing", nu=10.0), ARCH, *sets, tmp_path / "net.pt")
    assert not (tmp_path / "net.pt").exists()


def test_hard_sign_that_costs_accuracy_is_refused():
    method = Trainer(settings("self-binarizing"), ARCH, torch.device("cpu")).method
    method.measured(900, 895, 1000)
    with pytest.raises(Refusal, match=r"900 of 1000 images right with tanh at nu 1, 880 with"):
        method.measured(900, 880, 1000)


def test_accuracy_before_export_is_in_the_metrics(sets, tmp_path):
    checkpoint = train(settings("self-binarizing"), ARCH, *sets, tmp_path / "net.pt")
    assert checkpoint.metrics["correct"] == checkpoint.metrics["correct_before_export"]


def command(mnist_dir, out, method, *more):
    return ["--method", method, "--arch", "small", "--width", "8", "--data", "mnist", "--data-dir",
            str(mnist_dir), "--out", str(out), "--epochs", "2", "--threads", "1", *more]


def test_command_takes_the_methods_own_settings_and_those_given(mnist_dir, tmp_path):
    out = tmp_path / "net.pt"
    assert main(command(mnist_dir, out, "bd-bnn", "--kurtosis", "1.4", "--lr", "0.05")) == 0
    found = load(out).training
    assert (found["optimizer"], found["lr"], found["weight_decay"], found["weight"]) == (
        "momentum", 0.05, 1e-4, 1.0)
    assert (found["weights"], tuple(found["kurtosis"])) == ("scaled", (1.4,))


def test_command_narrows_a_named_network_for_pairs(mnist_dir, tmp_path):
    assert main(command(mnist_dir, tmp_path / "net.pt", "binaryduo")) == 0
    arch = load(tmp_path / "net.pt").arch
    widths = [record["out"] for record in arch["layers"] if record["kind"] in ("conv", "dense")]
    assert widths == [5, 5, 10]


@pytest.mark.parametrize(("method", "more", "said"), [
    ("bd-bnn", ["--kurtosis", "1.8,1.2"], "--kurtosis: 2 targets for 1 layers"),
    ("bd-bnn", ["--kurtosis", "0.5"], "--kurtosis 0.5: give a number from 1"),
    ("bd-bnn", ["--arch", "vgg-none"], "no architecture is called"),
    ("bd-bnn", ["--teacher", "nowhere.pt"], "nowhere.pt: no such file"),
    ("binaryduo", ["--epochs", "1"], "give two or more, of which some fine-tune"),
    ("binaryduo", ["--coupled", "2"], "--coupled 2: give a number from 0 to 1"),
    ("self-binarizing", ["--nu", "0.5"], "--nu 0.5: give a number from 1 to "),
    ("self-binarizing", ["--nu", "2"], "not sharp"),
    ("bnn", ["--optimizer", "nesterov", "--momentum", "1.5"],
     "--momentum 1.5: give a number from 0 to 1"),
])
def test_command_refuses_in_one_line_and_writes_no_network(
        mnist_dir, tmp_path, capsys, method, more, said):
    assert main(command(mnist_dir, tmp_path / "net.pt", method, *more)) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and said in lines[0]
    assert not (tmp_path / "net.pt").exists()


def test_teacher_of_another_method_or_shape_is_refused(sets, tmp_path, teacher):
    train(settings("bnn"), ARCH, *sets, tmp_path / "bnn.pt")
    with pytest.raises(Refusal, match="by method 'bnn'; a teacher is one of full"):
        Trainer(settings("bd-bnn", teacher=str(tmp_path / "bnn.pt")), ARCH, torch.device("cpu"))
    wider = topology("small", 9, [1, 28, 28], [threshold()])
    with pytest.raises(Refusal, match="the teacher has weights"):
        Trainer(settings("bd-bnn", teacher=teacher), wider, torch.device("cpu"))


def test_scale_that_nothing_takes_in_is_refused_before_any_epoch():
    relu = [{**r, "kind": "relu"} if r["name"] == "bn2" else r for r in ARCH["layers"]]
    with pytest.raises(Refusal, match=r"layer 'conv2': 'bn2' reads its sums, and does not take in"):
        Trainer(settings("bd-bnn"), {**ARCH, "layers": relu}, torch.device("cpu"))


def test_residual_network_has_no_coupled_form():
    with pytest.raises(Refusal, match=r"layer 'add1': add has no coupled form"):
        Trainer(settings("binaryduo"), RESIDUAL, torch.device("cpu"))


def test_sign_without_a_batch_norm_has_no_coupled_form():
    bare = {**ARCH, "layers": [r for r in ARCH["layers"] if r["name"] != "bn2"]}
    with pytest.raises(Refusal, match=r"layer 'sign2': no batch_norm stands between"):
        METHODS["binaryduo"](settings("binaryduo"), torch.device("cpu")).build(bare, 0)


def test_residual_network_is_quantised_in_the_end_and_both_are_measured(sets, tmp_path):
    trained = train(settings("bnn", epochs=1), RESIDUAL, *sets, tmp_path / "real.pt",
                    quantised=False)
    quantised = train(settings("bnn", epochs=1), RESIDUAL, *sets, tmp_path / "net.pt")
    assert quantised.metrics["before_quantising"] == trained.metrics
    assert quantised.digest == quantise(trained).digest == load(tmp_path / "net.pt").digest
    right = correct(scores(quantised.module(), sets[1].images), sets[1].labels)
    assert quantised.metrics["correct"] == right
    assert quantised.metrics["accuracy"] == right / 60
    with pytest.raises(Refusal, match="layer 'bn1_3': integers are not trained; train a batch_n"):
        train(settings("bnn"), quantised.arch, *sets, tmp_path / "again.pt")


def test_network_whose_stream_does_not_fit_is_kept_as_it_was_trained(sets, tmp_path, capsys):
    def refuse(checkpoint):
        raise Refusal("layer 'x': too large")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "quantise", refuse)
        kept = train(settings("bnn", epochs=1), RESIDUAL, *sets, tmp_path / "net.pt")
    assert capsys.readouterr().err == "kept as it was trained: layer 'x': too large\n"
    assert "batch_norm" in [each["kind"] for each in kept.arch["layers"] if each["name"] == "bn1_3"]
    assert load(tmp_path / "net.pt").digest == kept.digest


def test_real_residual_network_remains_real(sets, tmp_path):
    trained = train(settings("real", epochs=1), RESIDUAL, *sets, tmp_path / "real.pt")
    assert "before_quantising" not in trained.metrics
    assert trained.arch["layers"][0]["weights"] == "real"
