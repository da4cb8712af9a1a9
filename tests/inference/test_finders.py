"""Who is looked for where, and that numbers outlast groups."""
import numpy as np
import pytest

from deephar.inference.finders import finder_for, uses_clips
from deephar.inference.predictor import Predictor
from deephar.inference.sources import Frame
from deephar.inference.video import predict_video
from tests.fakes.networks import fixed


def frames(count):
    return [Frame(i, i / 25, np.full((60, 80, 3), i, np.uint8), "v.mp4")
            for i in range(count)]


def test_networks_with_actions_use_clips():
    assert uses_clips(Predictor(fixed(frames=4, actions=[1, 0, 0])))
    assert not uses_clips(Predictor(fixed(frames=4)))
    assert not uses_clips(Predictor(fixed()))


@pytest.mark.parametrize("network", [fixed(frames=4, actions=[1, 0, 0]), fixed()])
def test_a_detector_sees_each_frame_once_though_groups_overlap(network):
    seen = []

    def detector(picture):
        seen.append(int(picture[0, 0, 0]))
        return [[10, 10, 30, 50], [float("nan"), 0, 9, 9], [40, 10, 60, 50]]

    out = list(predict_video(Predictor(network, batch_size=4), frames(10), stride=2,
                             boxes=detector))
    assert seen == list(range(10))
    assert [[p.id for p in result.people] for _, result in out] == [[0, 1]] * 10


def test_everybody_has_own_clips_in_one_batch():
    """The grey of a person's crop tells whose clip it is."""
    class Greys:
        input_shape, calls = (None, 4, 16, 16, 3), []

        def predict(self, x, batch_size=None, verbose=0):
            self.calls.append(len(x))
            bright = (x.mean(axis=(1, 2, 3, 4)) > 0).astype(int)
            return [np.full((len(x), 4, 16, 3), 0.5), np.eye(3)[bright]]

    from deephar.networks.network import Network
    from deephar.utils.pose import pa16j2d
    model = Greys()
    predictor = Predictor(Network(model, pa16j2d, {"a": ("dark", "bright", "none")}),
                          batch_size=8, margin=1.0)
    pictures = frames(4)
    for frame in pictures:
        frame.picture[:] = 0
        frame.picture[:, 40:] = 255
    out = list(predict_video(predictor, pictures, boxes={
        "": [[0, 0, 30, 60], [50, 0, 80, 60]]}))
    for _, result in out:
        assert [p.best_action()[0] for p in result.people] == ["dark", "bright"]
    assert model.calls == [2]


def test_forty_people():
    boxes = [[20 * i, 10 * k, 20 * i + 15, 10 * k + 9] for i in range(8) for k in range(5)]
    out = list(predict_video(Predictor(fixed(), batch_size=4), [
        Frame(i, i / 25, np.zeros((60, 180, 3), np.uint8), "v.mp4") for i in range(5)],
        boxes=lambda picture: boxes))
    for _, result in out:
        assert [p.id for p in result.people] == list(range(40))
        assert np.allclose([p.box.mean() for p in result.people], np.mean(boxes, axis=1))


def test_wrong_ways():
    with pytest.raises(ValueError, match="track, detect, scan, two-pass, whole"):
        finder_for(Predictor(fixed()), "closer")
