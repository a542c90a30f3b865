"""Full-precision training: the same network without binarisation, as a teacher for BD-BNN."""

from model.methods.method import Arch, Method
from model.networks import BinaryNetwork, build


class Real(Method):
    """Real weights and ReLU in place of binary weights and signs; there is no hardware for it."""

    def build(self, arch: Arch, stage: int) -> BinaryNetwork:
        return build({**arch, "layers": [_real(record) for record in arch["layers"]]})


def _real(record: Arch) -> Arch:
    if record["kind"] in ("conv", "dense"):
        return {**record, "weights": "real"}
    return {**record, "kind": "relu"} if record["kind"] == "sign" else record
