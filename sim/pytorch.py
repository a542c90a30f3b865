"""PyTorch's layers against the integer reference's maps, value by value."""

import numpy as np
import torch

from hw.network.fold import pattern_of
from hw.network.network import Network
from hw.network.pattern import Pattern
from hw.network.reading.pieces import Piece, ProductPiece, ThresholdPiece
from hw.network.reference import Reference
from model.checkpoint import Checkpoint


def differing(checkpoint: Checkpoint, network: Network, images: np.ndarray) -> list[str]:
    """The layers of which PyTorch has other bits or integers than ``network``, as folded, for uint8
    ``images`` (N, C, H, W).

    Sums that only a threshold reads are left out, as fold may negate them, and so are those of an
    average.
    """
    grouped, traced = pattern_of(checkpoint), Reference(network).trace(images)
    pieces = [piece for piece in grouped.pieces[:-1] if _whole(grouped, piece)]
    with torch.no_grad():
        stages = checkpoint.module().stages(
            torch.from_numpy(images), only=tuple(piece.name for piece in pieces))
    found = []
    for piece in pieces:
        stage, own = stages[piece.name].numpy(), traced[grouped.nodes[piece.name]]
        if isinstance(piece, ThresholdPiece):
            stage = stage > 0
        elif isinstance(piece, ProductPiece) and piece.record["bias"]:
            bias = checkpoint.state_dict[f"{piece.name}.bias"].numpy()
            own = own.astype(np.float32) + bias.reshape(-1, 1, 1)
        if not (stage.reshape(own.shape) == own).all():
            found.append(piece.name)
    return found


def _whole(grouped: Pattern, piece: Piece) -> bool:
    return not isinstance(piece, ProductPiece) or not (piece.averaged or grouped.only(piece))
