"""The work of model.train: settings and arch from the arguments, then training."""

import argparse
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch

from model import pictures
from model.checkpoint import PICKLE
from model.data import SETS, SPLITS, DataSet, Images, load
from model.display import Display
from model.files import content, reason
from model.methods.catalogue import METHODS
from model.pictures import Reading
from model.processes import Processes, processes
from model.refusal import Refusal, say
from model.scoring import device_of
from model.settings import Settings
from model.tables import table
from model.topologies import topology
from model.training import Diverged, train


def run(given: argparse.Namespace) -> int:
    """Train as the arguments say; returns the exit status."""
    device = device_of(given.device)
    train_set, test_set, usual = _images(given)
    given.data = Path(given.data).name
    with processes(device) as team:
        settings = _settings(given, usual, device, team)
        try:
            with Display(settings.epochs) as display:
                checkpoint = train(
                    settings, _arch(given, usual), train_set, test_set, given.out,
                    resume=given.resume, overwrite=given.overwrite, quantised=given.quantise,
                    device=device, processes=team,
                    on_epoch=display.epoch,
                    on_batch=display.batch if team.first else lambda share: None)
        except Diverged as end:
            say(f"failed: {end}")
            return 1
        except KeyboardInterrupt as end:
            end.add_note("the same command with --resume goes on")
            raise
    if not team.first:
        return 0
    metrics = checkpoint.metrics
    before = metrics.get("before_quantising")
    told = f", {before['correct']} before its residual stream was quantised" if before else ""
    print(f"{given.out}: {metrics['correct']} of {metrics['images']} {given.data} test images"
          f" right ({metrics['accuracy']:.2%}){told}")
    return 0


def _images(given: argparse.Namespace) -> tuple[Images, Images, DataSet]:
    """Training images, test images, and what is usual for the set."""
    if given.data in SETS:
        train_set, test_set = (load(given.data, given.data_dir, split) for split in SPLITS)
        usual = SETS[given.data]
    else:
        how = Reading(size=given.size, grey=given.grey, seed=given.seed, share=given.test_share)
        train_set, test_set = pictures.read(Path(given.data), how)
        usual = pictures.described(train_set)
    return _first(train_set, given.train_images), test_set, usual


def _first(images: Images, count: int | None) -> Images:
    if count is None:
        return images
    if not 2 <= count <= len(images):
        raise Refusal(f"--train-images {count}: give 2 to {len(images)}, which the set has")
    return replace(images, images=images.images[:count], labels=images.labels[:count])


def _settings(
    given: argparse.Namespace, usual: DataSet, device: torch.device, team: Processes
) -> Settings:
    """The settings: as given, else the data set's, the method's or the defaults of `Settings`."""
    chosen = {"shift": usual.shift, "flip": usual.flip, "shards": team.size,
              "channels_last": device.type == "cuda", **METHODS[given.method].usual}
    chosen |= {field.name: value for field in fields(Settings)
               if (value := getattr(given, field.name)) is not None}
    if given.method not in ("bnn-dl", "bd-bnn"):
        chosen["weight"] = 0.0
    return Settings(**chosen)


def _arch(given: argparse.Namespace, usual: DataSet) -> dict[str, Any]:
    if given.arch.endswith(".json"):
        return _described(Path(given.arch))
    name = "vgg-shallow" if given.arch == "vgg" and given.shallow else given.arch
    reads = table(given.table, usual.mean, usual.std, given.scale_bits)
    arch = topology(name, given.width, usual.shape, reads, len(usual.classes))
    return METHODS[given.method].narrowed(arch)


def _described(path: Path) -> dict[str, Any]:
    try:
        arch = json.loads(content(path, PICKLE))
    except (ValueError, RecursionError) as error:
        raise Refusal(f"{path}: cannot be read as JSON ({reason(error)}); see docs/checkpoint.md"
                      ) from None
    return arch

