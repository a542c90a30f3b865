"""What is said of a folder of BNN-PYNQ that is damaged, incomplete or of another network."""

import os
import shutil

import numpy as np
import pytest
from model_pynq import LFC, Net, made

from model.convert import main
from model.importers.pynq import files as pynq_files
from model.importers.pynq.reader import read
from model.refusal import Refusal

FOLDING = ((32, 64), (64, 32), (32, 64), (16, 8))


@pytest.fixture(scope="module")
def lfc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lfc")
    made(folder, Net(LFC, FOLDING, ends_in_bits=True))
    return folder


@pytest.fixture
def copy(lfc, tmp_path):
    return shutil.copytree(lfc, tmp_path / "copy")


def without(name):
    return lambda folder: (folder / name).unlink()


def holding(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def every(pattern, change):
    """Change the words of all files with such names."""

    def spoil(folder):
        for path in folder.glob(pattern):
            change(np.fromfile(path, "<u8")).astype("<u8").tofile(path)

    return spoil


def several(folder):
    without("2-7-thres.bin")(folder)
    holding("1-3-weights.bin", bytes(8))(folder)
    holding("classes.txt", b"\n\n")(folder)
    every("0-*-thres.bin", lambda words: words[:5])(folder)


@pytest.mark.parametrize(("spoil", "said"), [
    (without("2-7-thres.bin"), "copy: 2-7-thres.bin is missing; LFC is read from a whole folder"),
    (without("3-15-weights.bin"), "copy: 3-15-weights.bin is missing; LFC"),
    (holding("1-3-weights.bin", bytes(8)),
     "copy: 1-3-weights.bin has 8 bytes, others of its layer 4,096; LFC"),
    (holding("4-0-weights.bin", bytes(8)), "copy: 4-0-weights.bin is of no layer of this"),
    (every("1-*-weights.bin", lambda words: words[:0]), "1-0-weights.bin has 0 bytes, no whole"),
    (every("0-*-thres.bin", lambda words: words[:5]), "layer 0, in 32 files: 5 thresholds in a file"
     " do not fit 1,024 rows, of one or two each"),
    (every("0-*-thres.bin", lambda words: words.repeat(3)), "layer 0, in 32 files: 96 thresholds"),
    (every("0-*-thres.bin", lambda words: words.repeat(2)), "some layers have one threshold for a"
     " row, others two"),
    (every("1-*-weights.bin", lambda words: words[:7]), "layer 1, in 64 files: 7 words in a file of"
     " weights are no folding of rows of 1,024"),
    (every("2-*-weights.bin", lambda words: words.repeat(65)), "33,280 words in a file of weights"
     " are too many"),
    (every("3-*-thres.bin", lambda words: words.repeat(200)), "do not fit 4,096 rows"),
    (holding("3-5-weights.bin", bytes([0, 1]) * 2048), "layer 3, in 16 files: words of weights have"
     " more than 8 bits in use, those of 8 weights (SIMD)"),
    (without("classes.txt"), "copy: classes.txt: no such file; write one with a line for each"),
    (holding("classes.txt", b"\n\n"), "classes.txt: no classes; write a line for each"),
    (holding("classes.txt", b"x\n" * 65), "classes.txt: 65 classes; the last layer has 64 rows"),
    (holding("classes.txt", b"\xff\xfe\xfa"), "classes.txt: cannot be read"),
    (holding("classes.txt", b"a\nb"), "the last layer has weights of more classes than the 2 in"),
    (several, "classes.txt: no classes; write a line for each; layer 0, in 32 files: 5 thresholds"
     " in a file do not fit 1,024 rows, of one or two each; 1-3-weights.bin has 8 bytes, others of"
     " its layer 4,096; 2-7-thres.bin is missing; LFC is read from a whole folder as BNN-PYNQ"),
])
def test_folder_that_is_not_whole_is_refused_with_all_that_is_wrong(copy, capsys, spoil, said):
    spoil(copy)
    out = copy.parent / "net.pt"
    assert main(["--from", "bnn-pynq", str(copy), str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {copy}: ") and error.count("\n") == 1
    assert said in error
    assert not out.exists()


def test_weights_of_two_bits_with_activations_of_one_are_refused(tmp_path):
    made(tmp_path, Net(LFC, ((32, 32), (64, 16), (32, 32), (16, 4)), bits=2))
    with pytest.raises(Refusal, match="weights of two bits and activations of one"):
        read(tmp_path)


def test_output_bits_are_refused_where_there_are_none(tmp_path, capsys):
    made(tmp_path, Net(LFC, FOLDING))
    words = [str(tmp_path), str(tmp_path / "net.pt"), "--output-bits"]
    assert main(["--from", "bnn-pynq", *words]) == 2
    assert "the last layer has no thresholds, so no output bits; leave --output-bits out" in (
        capsys.readouterr().err)
    assert main(["--from", "qonnx", *words]) == 2
    assert "--output-bits: for bnn-pynq; leave it out for qonnx" in capsys.readouterr().err


def test_sizes_that_a_folder_claims_cost_neither_memory_nor_time(copy, monkeypatch):
    for element in range(16):
        with open(copy / f"3-{element}-weights.bin", "r+b") as file:
            file.truncate(2**36)
    with pytest.raises(Refusal, match="8,589,934,592 words in a file of weights are too many"):
        read(copy)
    monkeypatch.setattr(pynq_files, "ENTRIES", 200)
    with pytest.raises(Refusal, match="more than 200 files; give the folder of one network"):
        read(copy)


def test_pipe_in_the_place_of_a_file_is_refused_at_once(copy):
    (copy / "2-7-thres.bin").unlink()
    os.mkfifo(copy / "2-7-thres.bin")
    with pytest.raises(Refusal, match=r"2-7-thres.bin has 0 bytes, others of its layer 256"):
        read(copy)


def test_folder_without_parameters_is_refused(tmp_path):
    with pytest.raises(Refusal, match="no BNN-PYNQ parameters, such as"):
        read(tmp_path)
    with pytest.raises(Refusal, match="no such folder"):
        read(tmp_path / "none")


def test_missing_layers_are_told(copy):
    for path in copy.glob("3-*.bin"):
        path.rename(path.with_name(f"7{path.name[1:]}"))
    with pytest.raises(Refusal, match=r"7-0-thres.bin is of no layer of this network;"
                       r" 3-0-weights.bin is missing; LFC is read"):
        read(copy)
