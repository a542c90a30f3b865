"""A test bench in plain Verilog, with some images and the scores that they must have."""

import numpy as np

from hw.design.interface import Interface
from hw.emit.delivery import Delivery, Part

_TEXT = """\
// A self-checking test bench of {name}: {frames} images, and the scores of the integer reference.
// Both ends stall at random. It ends with "passed", or with $fatal.

module {name}_tb;
  localparam FRAMES = {frames}, BEATS = {beats}, CLASSES = {classes};
  localparam PATIENCE = {patience};

  reg clock = 0, run = 0, valid = 0, ready = 0;
  reg [{data}:0] pixels [0:FRAMES * BEATS - 1];
  reg signed [{score}:0] scores [0:FRAMES * CLASSES - 1];
  reg [{klass}:0] classes [0:FRAMES - 1];
  wire in_ready, out_valid, out_last;
  wire signed [{score}:0] out_score;
  wire [{klass}:0] out_class;
  integer sent = 0, received = 0, waited = 0, cycles = 0, chance = 0;

  {name} dut (
{connections}
  );

  always #5 clock = ~clock;

  always @(posedge clock) begin
    cycles <= cycles + 1;
    waited <= waited + 1;
    run <= cycles >= 8;
    chance <= $random;
    if (run) begin
      if (valid && in_ready) begin
        sent <= sent + 1;
        waited <= 0;
        valid <= sent + 1 < FRAMES * BEATS && chance[1:0] != 0;
      end else if (!valid)
        valid <= sent < FRAMES * BEATS && chance[1:0] != 0;
      ready <= chance[3:2] != 0;
      if (out_valid && ready) begin
        received <= received + 1;
        waited <= 0;
        if (received == FRAMES * CLASSES) $fatal(1, "a score too many");
        else if (out_score !== scores[received])
          $fatal(1, "frame %0d, class %0d: score %0d instead of %0d", received / CLASSES,
                 received % CLASSES, out_score, scores[received]);
        if (out_last !== (received % CLASSES == CLASSES - 1)) $fatal(1, "the last mark is wrong");
        if (out_last && out_class !== classes[received / CLASSES])
          $fatal(1, "frame %0d: class %0d instead of %0d", received / CLASSES, out_class,
                 classes[received / CLASSES]);
      end
      if (waited > PATIENCE && received < FRAMES * CLASSES)
        $fatal(1, "%0d of %0d beats sent, %0d scores received", sent, FRAMES * BEATS, received);
      if (waited > 100 && received == FRAMES * CLASSES) begin
        $display("passed: {name}, %0d frames, %0d scores", FRAMES, received);
        $finish;
      end
    end
  end

  initial begin
{contents}
  end
endmodule
"""


def text(delivery: Delivery) -> str:
    """The bench of the first images."""
    interface, plan = delivery.core.interface, delivery.core.plan
    frames = len(delivery.images)
    data = next(port.width for port in interface.ports if port.name == interface.entry["data"])
    lines = [f"pixels[{k}] = {data}'h{beat};" for k, beat in enumerate(_beats(delivery, data // 8))]
    lines += [f"scores[{k}] = {_signed(score, interface.score_bits)};"
              for k, score in enumerate(delivery.scores.ravel().tolist())]
    lines += [f"classes[{k}] = {klass};" for k, klass in enumerate(delivery.classes.tolist())]
    return _TEXT.format(
        name=delivery.name, frames=frames, beats=interface.beats,
        classes=len(plan.network.classes),
        patience=10_000 + 10 * plan.interval * len(plan.stages),
        data=data - 1, score=interface.score_bits - 1, klass=interface.class_bits - 1,
        connections=",\n".join(f"    .{port}({net})" for port, net in _nets(delivery).items()),
        contents="\n".join(f"    {line}" for line in lines),
    )  # fmt: skip


def _nets(delivery: Delivery) -> dict[str, str]:
    """What is connected to every port; inputs of the registers rest."""
    core, interface = delivery.core, delivery.core.interface
    nets = {port.name: "" if port.output else f"{port.width}'d0" for port in core.ports}
    nets |= {interface.clock: "clock", interface.reset: "run" if interface.low else "!run"}
    return nets | _streams(interface)


def _streams(interface: Interface) -> dict[str, str]:
    entry, leave = interface.entry, interface.leave
    nets = {entry["data"]: "pixels[sent]", entry["valid"]: "valid", entry["ready"]: "in_ready"}
    if "last" in entry:
        nets[entry["last"]] = "sent % BEATS == BEATS - 1"
    return nets | {
        leave["score"]: "out_score", leave["klass"]: "out_class", leave["last"]: "out_last",
        leave["valid"]: "out_valid", leave["ready"]: "ready",
    }  # fmt: skip


def _beats(delivery: Delivery, size: int) -> list[str]:
    """The beats of all images in hexadecimal, the first byte lowest."""
    raster = np.ascontiguousarray(delivery.images.transpose(0, 2, 3, 1)).reshape(-1, size)
    return [beat[::-1].tobytes().hex() for beat in raster]


def _signed(value: int, bits: int) -> str:
    return f"{'-' if value < 0 else ''}{bits}'sd{abs(value)}"


PART = Part(suffix="_tb.v", what="a self-checking test bench in plain Verilog", text=text)
