"""Detectors: boxes of persons in pixels of the picture, whatever the network says."""
import json
import shutil
import socket

import numpy as np
import pytest

from deephar.inference.detectors import Detector, Runner, fit, load_detector, surest
from deephar.inference.finders import finder_for
from deephar.inference.predictor import Predictor
from deephar.inference.sources import Frame
from deephar.inference.video import predict_video
from tests.fakes.networks import fixed

PICTURE = np.zeros((100, 200, 3), np.uint8)


class Says:
    """A network that says the same of every input, and counts them."""

    def __init__(self, boxes, scores):
        self.answer, self.batches = (np.array(boxes, float), np.array(scores, float)), []

    def __call__(self, images):
        self.batches.append(images.shape)
        return [self.answer] * len(images)


def test_a_picture_is_stretched_or_filled_up():
    picture = np.full((100, 200, 3), 255, np.uint8)
    image, scale = fit(picture, (64, 64), keeps_shape=False)
    assert image.min() == 255
    np.testing.assert_allclose(scale, [0.32, 0.64, 0.32, 0.64])
    image, scale = fit(picture, (64, 64), keeps_shape=True)
    assert (image[:32] == 255).all() and (image[32:] == 0).all()
    np.testing.assert_allclose(scale, 0.32)
    assert fit(np.zeros((1, 5000, 3), np.uint8), (64, 64), True)[0].shape == (64, 64, 3)


def test_the_surest_box_of_each_person():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [0, 0, 5, 5],
                      [np.nan, 0, 9, 9]])
    scores = np.array([0.6, 0.9, 0.5, 0.3, 1.0])
    np.testing.assert_array_equal(surest(boxes, scores, 0.4, 0.5), boxes[[1, 2]])
    np.testing.assert_array_equal(surest(boxes, scores, 0.4, 0.9), boxes[[1, 0, 2]])
    assert surest(boxes, scores, 0.95, 0.5).shape == (0, 4)
    assert surest(np.zeros((0, 4)), np.zeros(0), 0.4, 0.5).shape == (0, 4)


def test_boxes_come_back_in_pixels_and_pictures_go_in_batches():
    says = Says([[16, 16, 32, 48]], [0.8])
    detector = Detector(Runner((64, 64), False, says), "fake", batch_size=2)
    found = detector.batch([PICTURE, PICTURE[:50], PICTURE])
    np.testing.assert_allclose(found[0], [[50, 25, 100, 75]])
    np.testing.assert_allclose(found[1], [[50, 12.5, 100, 37.5]])
    assert says.batches == [(2, 64, 64, 3), (1, 64, 64, 3)]


def test_a_predictor_asks_its_detector_for_all_pictures_at_once():
    says = Says([[16, 16, 32, 48], [40, 16, 60, 48]], [0.7, 0.8])
    detector = Detector(Runner((64, 64), False, says), "fake")
    predictor = Predictor(fixed(), detector=detector)
    assert predictor.usual_way == "detect"
    people = predictor.pictures([PICTURE] * 3)
    assert [len(some) for some in people] == [2, 2, 2] and len(says.batches) == 1
    np.testing.assert_allclose([p.box.mean() for p in people[0]], [103.125, 62.5])
    assert [p.id for p in people[0]] == [0, 1]
    few = Predictor(fixed(), detector=detector, max_people=1)
    assert [p.box.mean() for p in few(PICTURE)] == [103.125]
    assert [len(some) for some in few.pictures([PICTURE] * 2, ["detect", [[0, 0, 9, 9],
                                                                         [9, 9, 20, 20]]])
            ] == [1, 2]                         # who was named is not left out


def test_a_video_s_groups_go_to_the_detector_in_batches():
    says = Says([[16, 16, 32, 48]], [0.7])
    predictor = Predictor(fixed(), batch_size=4, detector=Detector(
        Runner((64, 64), False, says), "fake"))
    frames = [Frame(i, i / 25, PICTURE, "v.mp4") for i in range(10)]
    out = list(predict_video(predictor, frames, boxes="detect"))
    assert [[p.id for p in result.people] for _, result in out] == [[0]] * 10
    assert [shape[0] for shape in says.batches] == [4, 4, 2]
    scanning = Predictor(fixed(), max_people=1)
    look, = finder_for(scanning, "scan").looks(frames[:1])
    (person,), = scanning.scan([PICTURE])
    np.testing.assert_allclose(look.squares[0], person.box)


@pytest.mark.parametrize("boxes, count", [
    ([], 0), (np.zeros((0, 4)), 0), ([[np.nan] * 4], 0), ([[5, 5, 5, 9]], 0),
    ([[300, 10, 320, 30]], 0), ([[-50, -20, 40, 60]], 1), ([[150, 60, 260, 140]], 1),
    ([[2 * i, 2, 2 * i + 9, 60] for i in range(40)], 40)])
def test_whatever_a_detector_says(boxes, count):
    """Nobody, NaN, empty, outside, half outside, forty."""
    assert len(Predictor(fixed(), detector=lambda picture: boxes)(PICTURE)) == count


def test_the_usual_way_without_a_connection(monkeypatch, caplog):
    monkeypatch.setattr("deephar.inference.predictor.is_installed", lambda: True)

    def offline(name, **options):
        raise OSError(f"{name} could not be downloaded")

    monkeypatch.setattr("deephar.inference.predictor.load_detector", offline)
    assert Predictor(fixed()).usual_way == "scan"
    assert "dfine_nano_coco could not be downloaded" in caplog.text
    with pytest.raises(OSError, match="could not be downloaded"):
        Predictor(fixed())(PICTURE, "detect")


def test_names_that_are_no_detector(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no folder of a preset: it has no config.json"):
        load_detector(tmp_path)
    with pytest.raises(ValueError, match="threshold must be in"):
        load_detector(threshold=0)
    with pytest.raises(ValueError, match="batch_size must be"):
        load_detector(batch_size=0)
    monkeypatch.setitem(__import__("sys").modules, "keras_hub", None)
    with pytest.raises(ImportError, match=r"pip install 'deephar\[detect\]'"):
        load_detector()


# === ONNX ===

def save_onnx(path, outputs, about):
    """A network that always says the same."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper
    nodes = [helper.make_node("Constant", [], [name], value=numpy_helper.from_array(
        np.asarray(value))) for name, value in outputs.items()]
    types = {"f": TensorProto.FLOAT, "i": TensorProto.INT64}
    graph = helper.make_graph(
        nodes, "detector",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 50, 100])],
        [helper.make_tensor_value_info(name, types[np.asarray(value).dtype.kind],
                                       np.shape(value)) for name, value in outputs.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                                ir_version=8), path)
    path.with_suffix(".json").write_text(json.dumps(about))
    return path


BOXES = np.array([[[10, 10, 20, 40], [50, 10, 70, 40], [1, 1, 5, 5]]], np.float32)
SCORES = np.array([[0.9, 0.8, 0.7]], np.float32)


@pytest.mark.parametrize("outputs, about, expected", [
    ({"boxes": BOXES, "scores": SCORES, "labels": np.array([[0, 1, 0]])},
     {"size": [50, 100], "labels": "labels"}, BOXES[0, [0, 2]]),
    ({"boxes": BOXES[0], "scores": SCORES[0], "labels": np.array([3, 1, 0])},
     {"size": [50, 100], "labels": "labels", "person": 3}, BOXES[0, :1]),
    ({"where": BOXES / np.float32([100, 50, 100, 50]),
      "who": np.stack([SCORES, 1 - SCORES], axis=-1)},
     {"size": [50, 100], "boxes": "where", "scores": "who", "relative": True}, BOXES[0]),
])
def test_an_exported_detector(outputs, about, expected, tmp_path):
    pytest.importorskip("onnxruntime")
    detector = load_detector(save_onnx(tmp_path / "d.onnx", outputs, about))
    np.testing.assert_allclose(detector(PICTURE), 2 * expected, rtol=1e-5)
    assert len(detector.batch([PICTURE] * 3)) == 3


def test_exported_files_that_are_something_else(tmp_path):
    pytest.importorskip("onnxruntime")
    path = save_onnx(tmp_path / "d.onnx", {"boxes": BOXES, "scores": SCORES},
                     {"size": [50, 100], "labels": "classes"})
    with pytest.raises(ValueError, match="has the outputs boxes, scores; its JSON file asks"):
        load_detector(path)
    about = path.with_suffix(".json")
    for text, message in (('{"size": [0, 3]}', "size must be"), ("{}", "size"),
                          ('{"sides": 3}', "unknown sides; there are size"),
                          ("no", "damaged|JSON")):
        about.write_text(text)
        with pytest.raises(ValueError, match=message) as error:
            load_detector(path)
        assert "d.json" in str(error.value)
    about.unlink()
    with pytest.raises(FileNotFoundError, match="d.json: an ONNX detector needs this file"):
        load_detector(path)
    about.write_text('{"size": [50, 100]}')
    path.write_bytes(b"no network")
    with pytest.raises(ValueError, match="d.onnx is damaged"):
        load_detector(path)


# === KerasHub ===

@pytest.fixture(scope="module")
def hub():
    return pytest.importorskip("keras_hub")


SIZE = (64, 64)


def small_encoder(hub):
    return hub.models.HGNetV2Backbone(
        stem_channels=[3, 8, 8], stackwise_stage_filters=[
            [8, 8, 16, 1, 1, 3], [16, 8, 16, 1, 1, 3], [16, 8, 16, 1, 1, 3],
            [16, 8, 16, 1, 1, 3]],
        apply_downsample=[False, True, True, True],
        use_lightweight_conv_block=[False, False, True, True], depths=[1, 1, 1, 1],
        hidden_sizes=[16, 16, 16, 16], embedding_size=8, use_learnable_affine_block=True,
        hidden_act="relu", image_shape=(*SIZE, 3), out_features=["stage3", "stage4"])


def small_detector(hub):
    """A D-FINE of random weights, whose boxes are all over the picture."""
    backbone = hub.models.DFineBackbone(
        backbone=small_encoder(hub), decoder_in_channels=[16, 16], encoder_hidden_dim=16,
        num_labels=4, num_denoising=4, hidden_dim=16, learn_initial_query=False,
        num_queries=10, anchor_image_size=SIZE, feat_strides=[16, 32], num_feature_levels=2,
        encoder_in_channels=[16, 16], encode_proj_layers=[1], num_attention_heads=2,
        encoder_ffn_dim=16, num_encoder_layers=1, hidden_expansion=0.5, depth_multiplier=0.5,
        eval_idx=-1, num_decoder_layers=2, decoder_attention_heads=2, decoder_ffn_dim=16,
        decoder_n_points=[2, 2], lqe_hidden_dim=8, num_lqe_layers=2,
        out_features=["stage3", "stage4"], image_shape=(*SIZE, 3), seed=0)
    converter = hub.layers.DFineImageConverter(
        image_size=SIZE, scale=1 / 255, crop_to_aspect_ratio=False)
    return hub.models.DFineObjectDetector(
        backbone, num_classes=4, bounding_box_format="yxyx",
        preprocessor=hub.models.DFineObjectDetectorPreprocessor(converter))


@pytest.mark.slow
def test_a_saved_detector_of_the_library(hub, tmp_path):
    model = small_detector(hub)
    model.save_to_preset(str(tmp_path / "preset"))
    detector = load_detector(tmp_path / "preset", threshold=1e-3, overlap=1.0, batch_size=2)
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (100, 200, 3)).astype(np.uint8) for _ in range(3)]
    found = detector.batch(pictures)
    for picture, boxes in zip(pictures, found):
        image, _ = fit(picture, (64, 64), False)
        raw = model(image[None] / np.float32(255), training=False)
        person = 1 / (1 + np.exp(-np.asarray(raw["logits"])[0, :, 0]))
        x, y, w, h = np.asarray(raw["pred_boxes"])[0].T
        expected = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1)[
            np.argsort(-person)] * (200, 100, 200, 100)
        assert boxes.shape == (10, 4)
        np.testing.assert_allclose(boxes, expected, atol=0.05)
    people = Predictor(fixed(), detector=detector, max_people=4)(pictures[0])
    assert 0 < len(people) <= 4


def small_retina(hub, fills_up):
    """A RetinaNet of random weights, for pictures of any size in squares of 64."""
    encoder = hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64] * 4, stackwise_num_blocks=[1] * 4,
        stackwise_num_strides=[1, 2, 2, 2], block_type="basic_block")
    backbone = hub.models.RetinaNetBackbone(encoder, min_level=3, max_level=4, use_p5=False)
    converter = hub.layers.RetinaNetImageConverter(
        image_size=SIZE, scale=1e-5, crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=fills_up)
    model = hub.models.RetinaNetObjectDetector(
        backbone, num_classes=4, bounding_box_format="yxyx", pre_logits_num_conv_layers=1,
        preprocessor=hub.models.RetinaNetObjectDetectorPreprocessor(converter))
    for weight in model.box_head.weights:       # boxes near where they are looked for
        weight.assign(0.1 * weight)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("fills_up, x_scale, y_scale", [(False, 0.32, 0.64),
                                                        (True, 0.32, 0.32)])
def test_a_saved_retinanet_of_the_library(fills_up, x_scale, y_scale, hub, tmp_path):
    model = small_retina(hub, fills_up)
    model.save_to_preset(str(tmp_path / "preset"))
    detector = load_detector(tmp_path / "preset", threshold=1e-6, overlap=1.0)
    picture = np.random.default_rng(0).integers(0, 256, (100, 200, 3)).astype(np.uint8)
    image = fit(picture, SIZE, fills_up)[0][None] * np.float32(1e-5)
    raw = model(image, training=False)
    y1, x1, y2, x2 = np.concatenate([np.asarray(anchors) for anchors in
                                     model.anchor_generator(image).values()]).T
    dx, dy, dw, dh = np.asarray(raw["bbox_regression"])[0].T
    width, height = np.exp(dw) * (x2 - x1), np.exp(dh) * (y2 - y1)
    x, y = (x1 + x2) / 2 + dx * (x2 - x1), (y1 + y2) / 2 + dy * (y2 - y1)
    expected = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], -1)
    person = 1 / (1 + np.exp(-np.asarray(raw["cls_logits"])[0, :, 0]))
    best = np.argmax(person)
    np.testing.assert_allclose(
        detector(picture)[0],
        expected[best] / (x_scale, y_scale, x_scale, y_scale), atol=0.01)
    assert len(detector(picture)) > 10 and len(Predictor(
        fixed(), detector=detector, max_people=3)(picture)) == 3


@pytest.mark.slow
def test_a_downloaded_preset_works_without_a_connection(hub, tmp_path, monkeypatch):
    """The library's cache as a download leaves it, and no network."""
    from kagglehub.cache import Cache
    from kagglehub.handle import parse_model_handle
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    about = hub.models.DFineObjectDetector.presets["dfine_nano_coco"]
    handle = parse_model_handle(about["kaggle_handle"].removeprefix("kaggle://"))
    preset = tmp_path / "preset"
    small_detector(hub).save_to_preset(str(preset))
    shutil.copytree(preset, Cache().get_path(handle))

    def no_network(*address, **options):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    options = {"threshold": 1e-3, "overlap": 1.0}
    np.testing.assert_array_equal(load_detector("dfine_nano_coco", **options)(PICTURE),
                                  load_detector(preset, **options)(PICTURE))
    with pytest.raises(OSError, match="dfine_small_coco could not be downloaded"):
        load_detector("dfine_small_coco")


@pytest.mark.slow
def test_presets_that_are_something_else(hub, tmp_path, monkeypatch):
    small_encoder(hub).save_to_preset(str(tmp_path / "other"))
    with pytest.raises(ValueError, match="other holds no object detector of KerasHub"):
        load_detector(tmp_path / "other")
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "config.json").write_text("[]")
    with pytest.raises(ValueError, match="wrong holds no object detector"):
        load_detector(tmp_path / "wrong")

    def offline(name):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(hub.models.ObjectDetector, "from_preset", offline)
    with pytest.raises(OSError, match="dfine_nano_coco could not be downloaded .no route to "
                                      "host.*--boxes scan needs no detector"):
        load_detector("dfine_nano_coco")
    with pytest.raises(ValueError, match="no detector 'yolo'; there are dfine_nano_coco"):
        load_detector("yolo")
