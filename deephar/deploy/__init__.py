"""Networks for elsewhere: ONNX, LiteRT and OpenVINO files, and how fast they are."""
