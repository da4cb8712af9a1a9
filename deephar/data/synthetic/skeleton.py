"""From a pose's controls to 3D joints, with limb lengths that never change.

A pose is a row of numbers named by `FIELDS`: where the pelvis is, how the
trunk is bent and turned, and where hands and feet are.  Trunk and head follow
by rotations, arms and legs by two-bone inverse kinematics, so that a hand on
a bar stays on it and every bone keeps its length.

World: millimetres, x to the person's right, y ahead, z up, floor at z = 0.
Joints are the 32 of Human3.6M.
"""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

FIELDS = (
    "px", "py", "pz",                   # pelvis, in leg lengths
    "turn", "pitch", "roll",            # of the pelvis against the feet, degrees
    "bend", "side", "twist",            # chest against pelvis
    "nod", "look",                      # head against chest
    "rhx", "rhy", "rhz", "re",          # hand (outward, ahead, up), elbow swivel
    "lhx", "lhy", "lhz", "le",
    "rfx", "rfy", "rfz", "rp",          # ankle (outward, ahead, up), toes down
    "lfx", "lfy", "lfz", "lp",
    "splay",                            # knees outward
    "tx", "ty", "tz",                   # direction of a held tool, in the chest's frame
)
FIELD = {name: i for i, name in enumerate(FIELDS)}

STAND = dict(
    {name: 0.0 for name in FIELDS},
    pz=0.985, nod=5, rhx=0.12, rhy=0.12, rhz=-0.93, lhx=0.12, lhy=0.12, lhz=-0.93,
    re=25, le=25, rfx=0.13, lfx=0.13, splay=15, tz=1.0)

TOE = 12.0          # mm of a toe over the floor


@dataclass(frozen=True)
class Lengths:
    """Bone lengths in millimetres."""
    thigh: float
    shank: float
    ankle: float            # height of the ankle over the floor
    foot: float             # ankle to toe base
    hip: float              # half the distance of the hip joints
    lower_spine: float      # pelvis to Spine1
    upper_spine: float      # Spine1 to neck
    shoulder: float         # half the distance of the shoulders
    upper_arm: float
    forearm: float
    hand: float
    neck: float             # neck to Head (the nose's height)
    head: float             # Head to the top

    @cached_property
    def leg(self) -> float:
        return self.thigh + self.shank

    @cached_property
    def arm(self) -> float:
        return self.upper_arm + self.forearm


@dataclass(frozen=True)
class Body:
    """A moving skeleton: joints (T, 32, 3) in mm and the turned parts.

    `pelvis`, `chest` and `head` are rotations (T, 3, 3) whose columns are the
    part's right, front and up; `tool` is a direction (T, 3).
    """
    joints: np.ndarray
    pelvis: np.ndarray
    chest: np.ndarray
    head: np.ndarray
    tool: np.ndarray


def pose_body(controls: np.ndarray, lengths: Lengths, hands_in_world: bool = False,
              two_handed: float = 0.0) -> Body:
    """Joints of every frame.

    Args:
        controls: (T, len(FIELDS)).
        lengths: of the person's bones.
        hands_in_world: hand controls are (outward, ahead, up) on the floor's
            frame in leg lengths instead of from the own shoulder in arm lengths.
        two_handed: not 0: the left hand holds the tool that far (in arm
            lengths) from the right one, against the tool's direction.
    """
    c = {name: controls[:, i] for name, i in FIELD.items()}
    n = len(controls)
    up = np.broadcast_to([0.0, 0.0, 1.0], (n, 3))

    pelvis = _turn_z(c["turn"]) @ _lean(c["pitch"]) @ _tilt(c["roll"])
    half = _turn_z(c["twist"] / 2) @ _lean(c["bend"] / 2) @ _tilt(c["side"] / 2)
    full = _turn_z(c["twist"]) @ _lean(c["bend"]) @ _tilt(c["side"])
    waist, chest = pelvis @ half, pelvis @ full
    head = chest @ _turn_z(c["look"]) @ _lean(c["nod"])

    def on_floor(x, y, z):
        return np.stack([x, y, z], -1) * lengths.leg + [0, 0, lengths.ankle]

    j = np.zeros((n, 32, 3))
    j[:, 0] = on_floor(c["px"], c["py"], c["pz"])
    j[:, 12] = j[:, 0] + waist[..., 2] * lengths.lower_spine
    j[:, 11] = (j[:, 0] + j[:, 12]) / 2
    j[:, 13] = j[:, 12] + chest[..., 2] * lengths.upper_spine
    nose = np.array([0, 0.35, 0.94]) * lengths.neck
    j[:, 14] = j[:, 13] + head @ nose
    j[:, 15] = j[:, 14] + head @ (np.array([0, -0.30, 0.954]) * lengths.head)

    for side, first_leg, first_arm, sign in (("r", 1, 24, 1.0), ("l", 6, 16, -1.0)):
        pitch = np.radians(c[side + "p"])[:, None]
        ahead = _turn_z(np.full(n, -8.0 * sign))
        sole = ahead[..., 1] * np.cos(pitch) - up * np.sin(pitch)
        instep = _unit(sole - 0.4 * np.cross(ahead[..., 0], sole)) * lengths.foot
        tip = instep + sole * (0.35 * lengths.foot)
        hip = j[:, 0] + pelvis[..., 0] * (sign * lengths.hip)
        foot = on_floor(sign * c[side + "fx"], c[side + "fy"], c[side + "fz"])
        # Toes that point down push the ankle up, not through the floor.
        foot[:, 2] = np.maximum(foot[:, 2], TOE - np.minimum(instep[:, 2], tip[:, 2]))
        pole = pelvis[..., 1] + sign * np.tan(np.radians(c["splay"]))[:, None] * (
            pelvis[..., 0])
        knee, ankle = _two_bones(hip, foot, pole, lengths.thigh, lengths.shank)
        j[:, first_leg], j[:, first_leg + 1], j[:, first_leg + 2] = hip, knee, ankle
        j[:, first_leg + 3], j[:, first_leg + 4] = ankle + instep, ankle + tip

        shoulder = j[:, 13] + chest @ np.array(
            [sign * lengths.shoulder, 0.0, -0.30 * lengths.shoulder])
        hand = np.stack([sign * c[side + "hx"], c[side + "hy"], c[side + "hz"]], -1)
        if two_handed and side == "l":
            tool_local = _unit(np.stack([c["tx"], c["ty"], c["tz"]], -1))
            target = (j[:, 27] - (chest @ tool_local[..., None])[..., 0]
                      * (two_handed * lengths.arm))
        elif hands_in_world:
            target = on_floor(*hand.T)
        else:
            target = shoulder + (chest @ hand[..., None])[..., 0] * lengths.arm
        swivel = np.radians(c[side + "e"])
        pole_local = np.stack([sign * np.sin(swivel), np.full(n, -0.4), -np.cos(swivel)], -1)
        pole = (chest @ pole_local[..., None])[..., 0]
        elbow, wrist = _two_bones(
            shoulder, target, pole, lengths.upper_arm, lengths.forearm)
        along = _unit(wrist - elbow)
        j[:, first_arm], j[:, first_arm + 1] = j[:, 13], shoulder
        j[:, first_arm + 2], j[:, first_arm + 3] = elbow, wrist
        j[:, first_arm + 4] = wrist
        inward = _unit(np.cross(along, np.cross(pole, along) + 1e-9)) * -1
        j[:, first_arm + 5] = wrist + _unit(along + 0.7 * inward) * (0.5 * lengths.hand)
        j[:, first_arm + 6] = wrist + along * lengths.hand
        j[:, first_arm + 7] = j[:, first_arm + 6]

    tool = (chest @ _unit(np.stack([c["tx"], c["ty"], c["tz"]], -1))[..., None])[..., 0]
    return Body(j, pelvis, chest, head, tool)


def _two_bones(start, target, pole, first, second):
    """Middle and end of two bones that reach from `start` towards `target`.

    The middle joint bends towards `pole`; an unreachable target is approached
    as far as the bones allow.
    """
    reach = target - start
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    along = reach / np.maximum(distance, 1e-6)
    distance = np.clip(distance, abs(first - second) + 0.25 * min(first, second),
                       0.9995 * (first + second))
    side = _unit(pole - along * (pole * along).sum(-1, keepdims=True))
    x = (first ** 2 - second ** 2 + distance ** 2) / (2 * distance)
    middle = start + along * x + side * np.sqrt(np.maximum(first ** 2 - x ** 2, 0))
    return middle, start + along * distance


def _unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _rotation(degrees, plane):
    """Rotations (T, 3, 3) that turn axis plane[0] towards axis plane[1]."""
    angle = np.radians(degrees)
    result = np.tile(np.eye(3), (len(angle), 1, 1))
    a, b = plane
    result[:, a, a] = result[:, b, b] = np.cos(angle)
    result[:, b, a], result[:, a, b] = np.sin(angle), -np.sin(angle)
    return result


def _turn_z(degrees):
    """To the left, seen from the person."""
    return _rotation(degrees, (0, 1))


def _lean(degrees):
    """Forward: up goes ahead."""
    return _rotation(degrees, (2, 1))


def _tilt(degrees):
    """To the right: up goes right."""
    return _rotation(degrees, (2, 0))


# The joint that each joint becomes in a mirror.
_MIRRORED = (0, 6, 7, 8, 9, 10, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15,
             24, 25, 26, 27, 28, 29, 30, 31, 16, 17, 18, 19, 20, 21, 22, 23)


def mirror_body(body: Body) -> Body:
    """The same motion with the other hand."""
    flip = np.array([-1.0, 1.0, 1.0])
    turned = (r * flip[:, None] * flip for r in (body.pelvis, body.chest, body.head))
    return Body((body.joints * flip)[:, _MIRRORED], *turned, tool=body.tool * flip)


def place_body(body: Body, degrees: np.ndarray, position: np.ndarray) -> Body:
    """Turn every frame about the vertical axis (T,) and move it (T, 3) or (3,)."""
    turn = _turn_z(np.asarray(degrees, float))
    across = turn.transpose(0, 2, 1)        # row vectors from the right
    moved = body.joints @ across + np.broadcast_to(
        position, (len(turn), 3))[:, None]
    return Body(moved, turn @ body.pelvis, turn @ body.chest, turn @ body.head,
                (turn @ body.tool[..., None])[..., 0])
