"""People through videos: every frame once, the right frames in a clip, nobody lost."""
import numpy as np
import pytest
from PIL import Image, ImageDraw

from deephar.data.video import BrokenVideo
from deephar.inference.predictor import Predictor
from deephar.inference.sources import Frame, frames_of
from deephar.inference.video import (
    clip_plan, moving_square, predict_live, predict_video, step_of)
from deephar.networks.network import Network
from deephar.utils.pose import pa16j2d
from tests.fakes.networks import FIXED, Dots, dot_color, fixed
from tests.fakes.owners import write_video


def frames_with(pictures, start=0):
    return [Frame(i + start, i / 25, np.asarray(picture), "v.mp4")
            for i, picture in enumerate(pictures)]


def blank(count, size=(80, 60)):
    return frames_with([Image.new("RGB", size, (i, i, i)) for i in range(count)])


def walker(count, step=6, size=(640, 240)):
    """A ring of 16 dots that walks to the right, and where its joints are."""
    turn = np.arange(16) / 16 * 2 * np.pi
    ring = np.stack([40 * np.cos(turn), 60 * np.sin(turn)], axis=-1)
    pictures, joints = [], []
    for i in range(count):
        picture = Image.new("RGB", size)
        draw = ImageDraw.Draw(picture)
        points = np.floor(ring + (80 + step * i, 120)) + 0.5
        for j, (x, y) in enumerate(points - 0.5):
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=dot_color(j))
        pictures.append(picture)
        joints.append(points)
    return frames_with(pictures), np.array(joints)


# === Which frames make a clip ===

@pytest.mark.parametrize("num_frames, length, step, expected", [
    (8, 8, 1, [[0, 1, 2, 3, 4, 5, 6, 7]]),
    (8, 4, 2, [[0, 2, 4, 6], [1, 3, 5, 7]]),
    (6, 4, 2, [[0, 1, 2, 3], [2, 3, 4, 5]]),            # too short for the step
    (3, 4, 2, [[0, 0, 1, 2]]), (1, 4, 6, [[0, 0, 0, 0]]),
])
def test_clip_plan(num_frames, length, step, expected):
    assert clip_plan(num_frames, length, step) == expected


@pytest.mark.parametrize("num_frames", range(1, 40))
def test_clips_cover_every_frame_and_have_one_step(num_frames):
    plan = clip_plan(num_frames, 4, 3)
    assert {i for clip in plan for i in clip} >= set(range(num_frames))
    assert all(len(clip) == 4 and 0 <= min(clip) and max(clip) < num_frames
               for clip in plan)
    if num_frames >= 4:
        assert len({b - a for clip in plan for a, b in zip(clip, clip[1:])}) == 1


@pytest.mark.parametrize("count", [1, 3, 8, 13, 30])
@pytest.mark.parametrize("clips", [False, True])
def test_every_frame_comes_out_once(count, clips):
    network = fixed(frames=4, actions=[0.2, 0.7, 0.1]) if clips else fixed()
    predictor = Predictor(network, batch_size=4, margin=1.0)
    out = list(predict_video(predictor, iter(blank(count)),
                             boxes=lambda picture: [(10, 10, 50, 50)]))
    assert [frame.index for frame, _ in out] == list(range(count))
    for frame, result in out:
        person, = result.people
        assert (result.index, result.time, result.size) == (
            frame.index, frame.time, (80, 60))
        assert np.allclose(person.joints, 10 + 40 * FIXED, atol=1e-4)
        if clips:
            assert person.best_action() == ("wave", pytest.approx(0.7))


def seen_greys(network):
    """The grey levels of the clips that a network saw: numbers of the frames."""
    x = np.concatenate(network.model.seen)
    return [[round((level + 1) * 127.5) for level in clip]
            for clip in x[:, :, 15, 15, 0].tolist()]


def test_clips_take_the_step_of_the_training():
    network = Network(fixed(frames=4, actions=[1, 0, 0]).model, pa16j2d,
                      {"moves": ("rest", "wave", "run")}, frame_step=2)
    predictor = Predictor(network, batch_size=4)
    whole = lambda picture: [(0, 0, 80, 60)]
    list(predict_video(predictor, blank(11), boxes=whole))
    assert seen_greys(network) == [
        [0, 2, 4, 6], [1, 3, 5, 7],
        [3, 5, 7, 9], [4, 6, 8, 10]]    # the last group reaches back
    assert step_of(predictor, every=2) == 1 and step_of(predictor, every=5) == 1


class Counting:
    """The n-th clip has action n."""
    input_shape = (None, 4, 32, 32, 3)

    def __init__(self):
        self.count = 0

    def predict(self, x, batch_size=None, verbose=0):
        actions = np.eye(8)[np.arange(self.count, self.count + len(x))]
        self.count += len(x)
        return [np.full((len(x), 4, 16, 3), 0.5), actions]


def counted(frames, boxes=lambda picture: [(0, 0, 80, 60)], **options):
    """Per frame, {person: shares of the clips 0, 1, 2, ...}."""
    predictor = Predictor(Network(Counting(), pa16j2d, {"n": tuple("01234567")}), batch_size=4)
    return [{p.id: list(p.actions["n"].values()) for p in result.people}
            for _, result in predict_video(predictor, frames, boxes=boxes, **options)]


def test_stride_overlaps_groups_and_averages_actions():
    shares = [people[0][:3] for people in counted(blank(8), stride=2)]
    assert np.allclose(shares[0], (1, 0, 0)) and np.allclose(shares[2], (0.5, 0.5, 0))
    assert np.allclose(shares[4], (0, 0.5, 0.5)) and np.allclose(shares[7], (0, 0, 1))
    with pytest.raises(ValueError, match="stride must be 1 to 4 frames, got 5"):
        counted(blank(8), stride=5)


def test_the_groups_beside_a_frame_s_count_for_its_actions():
    shares = [people[0][:4] for people in counted(blank(14))]   # the last reaches back by 2
    third = 1 / 3
    assert np.allclose(shares[:4], (0.5, 0.5, 0, 0))
    assert np.allclose(shares[4:8], (third, third, third, 0)[:4])
    assert np.allclose(shares[8:12], (0, third, third, third))
    assert np.allclose(shares[12:], (0, 0, 0.5, 0.5))
    alone = [people[0][:4] for people in counted(blank(12), stride=4)]
    assert np.allclose(alone, np.repeat(np.eye(4)[:3], 4, axis=0))


def test_nobody_s_actions_are_those_of_others():
    boxes = {"0": [[0, 0, 20, 40]], "4": [[0, 0, 20, 40], [50, 0, 70, 40]],
             "8": [[50, 0, 70, 40]]}
    seen = counted(blank(12), boxes=boxes)
    assert [list(seen[i]) for i in (0, 4, 8)] == [[0], [0, 1], [1]]
    assert np.allclose(seen[0][0][:4], (0.5, 0.5, 0, 0))       # clips 1 and 2 are of the
    assert np.allclose(seen[8][1][:4], (0, 0, 0.5, 0.5))       # second group's two people


def test_a_video_that_ends_in_the_middle_of_a_track():
    """Groups are cut short, one walks out, one is cut off: everybody keeps number and clips."""
    boxes = {str(i): [[0, 0, 20, 40]] + [[50, 0, 70, 40]] * (i < 5) for i in range(6)}
    seen = counted(blank(6), boxes=boxes)
    assert [list(people) for people in seen] == [[0, 1]] * 5 + [[0]]
    assert all(np.isclose(sum(shares), 1) for people in seen for shares in people.values())


# === Where to look ===

@pytest.mark.parametrize("boxes", ["track", "two-pass"])
@pytest.mark.parametrize("clips", [False, True])
def test_a_walker_is_followed(boxes, clips):
    frames, joints = walker(40)
    model = Dots(4 if clips else None, side=128, num_actions=4 if clips else 0)
    predictor = Predictor(Network(model, pa16j2d,
                                  {"moved": tuple("0123")} if clips else {}),
                          batch_size=4)
    out = list(predict_video(predictor, iter(frames), boxes=boxes))
    for (_, result), truth in zip(out, joints):
        person, = result.people
        assert person.id == 0
        seen = person.confidence > 0.5
        assert seen.all() and np.abs(person.joints - truth).max() < 1
    sources = {result.people[0].box_source for _, result in out}
    assert sources == ({"first pass", "previous pose"} if boxes == "track"
                       else {"first pass"})


def test_somebody_leaves_and_comes_back():
    frames, _ = walker(24, step=2)
    empty = np.zeros_like(frames[0].picture)
    pictures = [f.picture for f in frames]
    pictures[8:16] = [empty] * 8
    predictor = Predictor(Dots(side=128), layout=pa16j2d, batch_size=4)
    out = list(predict_video(predictor, frames_with(pictures)))
    assert [len(result.people) for _, result in out] == [1] * 8 + [0] * 8 + [1] * 8
    assert out[16][1].people[0].box_source == "first pass"


def test_nobody_at_all():
    predictor = Predictor(Dots(side=64), layout=pa16j2d, batch_size=4)
    assert all(not result.people for _, result in predict_video(predictor, blank(6)))


def test_boxes_of_several_people_keep_their_numbers():
    boxes = {"0": [[0, 0, 20, 20], [40, 20, 60, 40]], "1": [[42, 20, 62, 40]],
             "2": [[44, 21, 64, 41], [2, 2, 22, 22]], "4": []}
    predictor = Predictor(fixed(), batch_size=2, margin=1.0)
    out = [result for _, result in predict_video(predictor, blank(5), boxes=boxes)]
    assert [[p.id for p in r.people] for r in out] == [[0, 1], [1], [0, 1], [], []]
    assert np.allclose(out[2].people[0].joints, 2 + 20 * FIXED, atol=1e-4)


def test_the_square_of_a_clip_moves_with_the_person():
    network = fixed(frames=4, actions=[1, 0, 0])
    boxes = {str(i): [[10 * i, 0, 10 * i + 20, 20]] for i in range(4)}
    out = list(predict_video(Predictor(network, margin=1.0), blank(4), boxes=boxes))
    for i, (_, result) in enumerate(out):
        assert np.allclose(result.people[0].box, (10 * i, 0, 10 * i + 20, 20))
        assert np.allclose(result.people[0].joints, [10 * i, 0] + 20 * FIXED, atol=1e-4)


def test_a_square_holds_all_of_the_person_and_stays_where_nothing_is_known():
    # To and fro, on the whole at rest: one square of their union, 30 wide.
    swaying = {i: np.array([x, 0, x + 20, 20.0]) for i, x in enumerate((0, 10, 10, 0))}
    assert np.allclose(moving_square(swaying, 4), (0, -5, 30, 25))
    # Before the first and after the last box it stays.
    seen = {2: np.array([20, 0, 40, 20.0]), 3: np.array([30, 0, 50, 20.0])}
    found = moving_square(seen, 6)
    assert np.allclose(found[:, 0], (20, 20, 20, 30, 30, 30))
    assert np.allclose(moving_square({1: seen[2]}, 3), seen[2])


def test_a_clip_network_without_actions_follows_frame_by_frame():
    network = fixed(frames=4)
    boxes = {str(i): [[10 * i, 0, 10 * i + 20, 20]] for i in range(4)}
    out = list(predict_video(Predictor(network, margin=1.0), blank(4), boxes=boxes))
    assert [r.people[0].box[0] for _, r in out] == [0, 10, 20, 30]


@pytest.mark.parametrize("boxes, message", [
    ("closer", "track, detect, scan, two-pass, whole"), ({"2": [[5, 5, 1, 1]]}, "frame 2")])
def test_wrong_boxes(boxes, message):
    with pytest.raises(ValueError, match=message):
        list(predict_video(Predictor(fixed()), blank(4), boxes=boxes))


# === Files ===

def test_a_video_that_breaks_off_keeps_what_was_read(tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "v.avi"
    write_video(path, 30, codec="mjpeg")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    predictor = Predictor(fixed(frames=4, actions=[1, 0, 0]))
    out = []
    with pytest.raises(BrokenVideo, match=r"broken after frame (\d+) of 30") as error:
        for frame, result in predict_video(predictor, frames_of(path), boxes="whole"):
            out.append(result)
    assert len(out) == int(str(error.value).split("frame ")[1].split()[0]) > 10
    assert all(len(result.people) == 1 for result in out)


@pytest.mark.parametrize("count, size", [(1, (96, 64)), (7, (95, 63))])
def test_short_and_odd_videos(tmp_path, count, size):
    pytest.importorskip("av")
    write_video(tmp_path / "v.avi", count, size, codec="mjpeg")
    predictor = Predictor(fixed(frames=4, actions=[0, 0, 1]), margin=1.0)
    out = list(predict_video(predictor, frames_of(tmp_path / "v.avi"),
                             boxes=lambda picture: [(0, 0, 60, 60)]))
    assert len(out) == count
    for _, result in out:
        assert result.size == size
        assert np.allclose(result.people[0].joints, 60 * FIXED, atol=1e-4)


# === Live ===

def test_live_shows_the_newest_clip_and_drops_the_rest():
    network = fixed(frames=4, actions=[0, 1, 0])
    frames = blank(60)

    class Slow(type(network.model)):
        def predict(self, x, batch_size=None, verbose=0):
            import time
            time.sleep(0.03)
            return super().predict(x)

    def camera():
        import time
        for frame in frames:
            time.sleep(0.005)
            yield frame

    model = Slow(4, actions=[0, 1, 0])
    predictor = Predictor(Network(model, pa16j2d, network.actions), batch_size=4)
    out = list(predict_live(predictor, camera(), boxes=lambda picture: [(0, 0, 60, 60)]))
    indices = [frame.index for frame, _ in out]
    assert indices == sorted(set(indices)) and indices[-1] == 59
    assert len(indices) < 40                            # frames were dropped
    assert all(len(result.people) == 1 for _, result in out)
    greys = [[round((v + 1) * 127.5) for v in x[0, :, 5, 5, 0]] for x in model.seen]
    assert greys[-1] == [56, 57, 58, 59]


def test_live_follows_a_walker():
    frames, joints = walker(12)
    predictor = Predictor(Dots(side=128), layout=pa16j2d, batch_size=4)
    for frame, result in predict_live(predictor, iter(frames)):
        person, = result.people
        assert np.abs(person.joints - joints[frame.index]).max() < 1
