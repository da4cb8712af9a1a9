"""Things that people hold, hit, lift and sit on, as parts to draw."""
import numpy as np

from deephar.data.synthetic.draw import Part
from deephar.data.synthetic.motions import Act

WOOD, STEEL, DARK, WHITE = (188, 134, 78), (176, 180, 188), (38, 38, 44), (244, 244, 240)
UP = np.array([0.0, 0.0, 1.0])


def props(act: Act, frame: int) -> list[Part]:
    """The parts of an act's prop in one frame; none for most acts."""
    return PROPS[act.prop](act, frame) if act.prop else []


def _ball(centre, radius, paint, axes=None, shiny=0.15):
    radii = (radius,) * 3 if np.isscalar(radius) else tuple(radius)
    return Part(np.asarray(centre, float), None, radii, paint, axes, shiny=shiny)


def _rod(a, b, radius, paint, shiny=0.15):
    radii = (radius, radius) if np.isscalar(radius) else tuple(radius)
    return Part(np.asarray(a, float), np.asarray(b, float), radii, paint, shiny=shiny)


def _palm(act, frame, wrist):
    """The middle of a hand."""
    j = act.body.joints[frame]
    return j[wrist] + 0.75 * (j[wrist + 3] - j[wrist])


def _flat(v):
    v = v * [1, 1, 0]
    return v / (np.linalg.norm(v) + 1e-9)


def _flying(act, frame, release, velocity, radius, paint, gravity=9810.0, hold=0.0):
    """A ball `hold` above the palm until the phase `release`, then on its way."""
    if act.phase[frame] < release:
        return [_ball(_palm(act, frame, act.lead) + hold * UP, radius, paint)]
    start = frame
    while start > 0 and release <= act.phase[start - 1] <= act.phase[start]:
        start -= 1
    seconds = (frame - start) / act.fps
    place = (_palm(act, start, act.lead) + hold * UP + velocity * seconds
             - UP * (0.5 * gravity * seconds ** 2))
    place[2] = max(place[2], radius)
    return [_ball(place, radius, paint)]


def _feet_heading(act):
    """Where the feet point at first, on the floor."""
    return _flat((act.body.joints[0, [4, 9]] - act.body.joints[0, [3, 8]]).mean(0))


def _baseball(act, frame):
    glove = _ball(_palm(act, frame, act.other), (95, 60, 100), (122, 72, 40))
    return [glove] + _flying(act, frame, 0.62, 14000 * _feet_heading(act) + 900 * UP, 40,
                             WHITE)


def _thrown(act, frame):
    return _flying(act, frame, 0.56, 7000 * _feet_heading(act) + 1500 * UP, 55,
                   (230, 90, 40))


def _bat(act, frame):
    grip = _palm(act, frame, act.lead)
    tool = act.body.tool[frame]
    start, end = grip - 180 * tool, grip + 660 * tool
    thick = grip + 300 * tool
    return [_rod(start, thick, (14, 20), WOOD), _rod(thick, end, (20, 36), WOOD),
            _ball(end, 36, WOOD), _ball(start, 22, DARK)]


def _golf_club(act, frame):
    grip = _palm(act, frame, act.lead)
    tool = act.body.tool[frame]
    # As long as reaches the ball at address.
    end = grip + 880 * tool
    side = np.cross(tool, act.body.chest[frame, :, 1])
    return [_rod(grip - 120 * tool, grip + 60 * tool, 17, DARK),
            _rod(grip + 60 * tool, end, (11, 9), STEEL),
            _rod(end - 20 * side, end + 60 * side, (26, 34), DARK)]


def _ring(centre, along, across, a, b, radius, paint, pieces=12):
    angles = np.linspace(0, 2 * np.pi, pieces + 1)[:, None]
    points = centre + a * np.cos(angles) * along + b * np.sin(angles) * across
    return [_rod(p, q, radius, paint) for p, q in zip(points[:-1], points[1:])]


def _racket(act, frame):
    grip = _palm(act, frame, act.lead)
    tool = act.body.tool[frame]
    across = np.cross(tool, act.body.chest[frame, :, 1] + 0.2)
    across /= np.linalg.norm(across) + 1e-9
    centre = grip + 460 * tool
    parts = _ring(centre, tool, across, 165, 125, 12, (214, 40, 60))
    for shift in (-60, 0, 60):
        half_a = 165 * np.sqrt(1 - (shift / 125) ** 2)
        half_b = 125 * np.sqrt(1 - (shift / 165) ** 2)
        parts.append(_rod(centre + shift * across - half_a * tool,
                          centre + shift * across + half_a * tool, 3, WHITE))
        parts.append(_rod(centre + shift * tool - half_b * across,
                          centre + shift * tool + half_b * across, 3, WHITE))
    return parts + [_rod(grip - 90 * tool, grip + 90 * tool, 18, DARK),
                    _rod(grip + 90 * tool, grip + 300 * tool, 13, (214, 40, 60))]


TENNIS_BALL = (206, 236, 60)


def _forehand(act, frame):
    heading = _feet_heading(act)
    seconds = (act.phase[frame] - 0.56) * 1.7
    hit = act.body.joints[frame, 0] * [1, 1, 0] + 900 * UP + 700 * heading
    hit = hit + 450 * act.body.pelvis[0, :, 0] * (-1 if act.mirrored else 1)
    place = hit + heading * abs(seconds) * 9000 + UP * (abs(seconds) * 800)
    ball = [_ball(place, 42, TENNIS_BALL)] if abs(seconds) < 0.5 else []
    return _racket(act, frame) + ball


def _serve(act, frame):
    parts = _racket(act, frame)
    phase = act.phase[frame]
    palm = _palm(act, frame, act.other)
    if phase < 0.36:
        return parts + [_ball(palm, 42, TENNIS_BALL)]
    struck = (phase - 0.62) * 2.0
    chest = act.body.joints[frame, 13] * [1, 1, 0]
    top = chest + 2450 * UP * (act.body.joints[0, 15, 2] / 1700) + 250 * _feet_heading(act)
    if struck < 0:
        rise = (phase - 0.36) / 0.26
        return parts + [_ball(top + UP * (350 * rise * (1 - rise) * 2 - 250 * (1 - rise)), 42,
                              TENNIS_BALL)]
    if struck > 0.4:
        return parts
    return parts + [_ball(top + struck * (9000 * _feet_heading(act) - 1500 * UP), 42,
                          TENNIS_BALL)]


def _weights(centre, axis, half):
    """A loaded bar along `axis`, its middle at `centre`."""
    axis = axis / (np.linalg.norm(axis) + 1e-9)
    side = np.cross(axis, UP + 0.01)
    side /= np.linalg.norm(side)
    axes = np.stack([side, np.cross(axis, side), axis], -1)
    parts = [_rod(centre - half * axis, centre + half * axis, 15, STEEL)]
    for sign in (-1, 1):
        for shift, radius, colour in ((0.80, 205, (190, 36, 40)), (0.87, 150, (36, 60, 140))):
            disc = centre + sign * shift * half * axis
            parts.append(_rod(disc - 18 * axis, disc + 18 * axis, radius, colour, 0.05))
            for face in (-1, 1):
                parts.append(_ball(disc + face * 16 * axis, (radius, radius, 7), colour, axes,
                                   0.05))
    return parts


def _barbell(act, frame):
    left, right = _palm(act, frame, 19), _palm(act, frame, 27)
    return _weights((left + right) / 2, right - left, 900)


def _barbell_back(act, frame):
    j, chest = act.body.joints[frame], act.body.chest[frame]
    middle = j[13] - 95 * chest[:, 1] + 15 * chest[:, 2]
    return _weights(middle, chest[:, 0], 900)


def _barbell_bench(act, frame):
    j = act.body.joints[0]
    low, high = j[0] * [1, 1, 0], j[15] * [1, 1, 0]
    along = _flat(high - low)
    height = j[0, 2] - 175
    across = np.cross(UP, along)
    axes = np.stack([across, UP, along], -1)
    start, end = low - 120 * along + height * UP, high + 60 * along + height * UP
    pad = Part(start, end, (150, 150), (40, 44, 58), axes, 0.35)
    legs = [_rod(p * [1, 1, 0] + s * 90 * across, p + s * 90 * across, 24, STEEL)
            for p in (start + 150 * along, end - 150 * along) for s in (-1, 1)]
    return _barbell(act, frame) + [pad] + legs


def _bowling_ball(act, frame):
    return _flying(act, frame, 0.77, 5200 * _feet_heading(act), 106, (36, 50, 130), 30000,
                   hold=-60)


def _rope(act, frame):
    left, right = _palm(act, frame, 19), _palm(act, frame, 27)
    angle = 2 * np.pi * (act.phase[frame] - 0.5)
    down = np.cos(angle) * -UP + np.sin(angle) * act.body.pelvis[frame, :, 1]
    radius = (left[2] + right[2]) / 2 + 20 - 90 * np.cos(angle)
    share = np.linspace(0, 1, 13)[:, None]
    points = left + (right - left) * share + down * radius * np.sin(np.pi * share) ** 0.55
    return [_rod(p, q, 11, (232, 200, 60)) for p, q in zip(points[:-1], points[1:])] + [
        _rod(palm - 40 * UP, palm + 60 * UP, 16, DARK) for palm in (left, right)]


def _bar(act, frame):
    left, right = act.body.joints[0, 19], act.body.joints[0, 27]
    centre, axis = (left + right) / 2, _flat(right - left)
    centre = centre + 40 * UP
    ends = centre - 850 * axis, centre + 850 * axis
    return [_rod(ends[0], ends[1], 20, STEEL)] + [
        _rod(end * [1, 1, 0], end, 32, (70, 74, 84)) for end in ends]


def _guitar(act, frame):
    j, chest = act.body.joints[frame], act.body.chest[frame]
    away = 1 if act.mirrored else -1            # towards the fretting hand
    front = chest[:, 1]
    body = j[12] + 0.15 * (j[13] - j[12]) + 215 * front - away * 130 * chest[:, 0]
    along = _palm(act, frame, act.other) + 20 * front - body
    reach = np.linalg.norm(along)
    along = along / reach
    across = np.cross(front, along)
    across /= np.linalg.norm(across)
    axes = np.stack([along, across, np.cross(along, across)], -1)
    colour, edge = (206, 122, 44), (110, 58, 22)

    def top(p):
        colours = np.tile(np.array(colour, float), (len(p), 1))
        colours[np.hypot(p[:, 0] - 0.25, p[:, 1]) < 0.3] = (40, 24, 14)
        colours[np.hypot(p[:, 0], p[:, 1]) > 0.93] = edge
        return colours

    return [_ball(body - 70 * along, (185, 165, 42), top, axes),
            _ball(body + 115 * along, (130, 125, 42), colour, axes),
            _rod(body + 180 * along + 25 * front, body + (reach + 160) * along + 25 * front,
                 (24, 20), edge),
            _ball(body + (reach + 200) * along + 25 * front, (70, 36, 18), DARK, axes)]


def _cup(act, frame):
    palm = _palm(act, frame, act.lead)
    tilt = UP + 0.4 * act.body.chest[frame, :, 1]
    return [_rod(palm - 20 * tilt, palm + 85 * tilt, (32, 40), (70, 150, 220))]


def _camera(act, frame):
    middle = (_palm(act, frame, 19) + _palm(act, frame, 27)) / 2
    chest = act.body.chest[frame]
    return [_ball(middle, (75, 45, 50), DARK, chest),
            _rod(middle, middle + 75 * chest[:, 1], (34, 38), (60, 60, 66))]


def _chair(act, frame):
    feet = act.body.joints[0, [3, 8]].mean(0) * [1, 1, 0]
    heading = _feet_heading(act)
    leg = np.linalg.norm(np.diff(act.body.joints[0, 1:4], axis=0), axis=-1).sum()
    across = np.cross(heading, UP)
    height = 0.30 * leg
    seat = feet - heading * (0.44 * leg)
    axes = np.stack([across, UP, heading], -1)
    wide = 210
    parts = [Part(seat - heading * wide + height * UP, seat + heading * wide + height * UP,
                  (wide, wide), (150, 96, 54), axes, 0.13)]
    for x in (-1, 1):
        for y in (-1, 1):
            at = seat + 180 * x * across + 180 * y * heading
            top = (2.4 if y < 0 else 1.0) * height
            parts.append(_rod(at, at + top * UP, 19, (110, 68, 36)))
    for level in (1.6, 1.95, 2.3):
        at = seat - 180 * heading + level * height * UP
        parts.append(_rod(at - 180 * across, at + 180 * across, 22, (150, 96, 54)))
    return parts


def _dog(act, frame):
    palm = _palm(act, frame, act.lead)
    heading = _flat(act.body.pelvis[frame, :, 1])
    side = np.cross(heading, UP) * (-1 if act.mirrored else 1)
    middle = act.body.joints[frame, 0] * [1, 1, 0] + 850 * heading + 420 * side + 420 * UP
    coat = (150, 100, 58)
    axes = np.stack([side, UP, heading], -1)
    parts = [_ball(middle, (115, 125, 270), coat, axes, 0),
             _ball(middle + 300 * heading + 160 * UP, (80, 90, 110), coat, axes, 0),
             _ball(middle + 400 * heading + 140 * UP, (45, 45, 70), (60, 40, 28), axes, 0),
             _rod(middle + 180 * heading + 60 * UP, middle + 290 * heading + 150 * UP,
                  (75, 60), coat, 0),
             _rod(middle - 250 * heading + 60 * UP, middle - 400 * heading + 220 * UP,
                  (28, 14), coat, 0),
             _rod(middle + 260 * heading + 120 * UP, palm, 7, (200, 30, 40))]
    for i, (x, y) in enumerate(((-1, -1), (1, 1), (-1, 1), (1, -1))):
        swing = 120 * np.sin(2 * np.pi * 2 * act.phase[frame] + np.pi * (i > 1))
        top = middle + 70 * x * side + 190 * y * heading - 40 * UP
        parts.append(_rod(top, top * [1, 1, 0] + swing * heading + 20 * UP, (44, 24), coat, 0))
    return parts


PROPS = {
    "baseball": _baseball, "ball_thrown": _thrown, "bat": _bat, "golf_club": _golf_club,
    "racket": _forehand, "racket_ball": _serve, "barbell": _barbell,
    "barbell_back": _barbell_back, "barbell_bench": _barbell_bench,
    "bowling_ball": _bowling_ball, "rope": _rope, "bar": _bar, "guitar": _guitar,
    "cup": _cup, "camera": _camera, "chair": _chair, "dog": _dog,
}
