"""Import of QONNX, ONNX with quantisers, as Brevitas exports it."""
