"""What people do: key poses of every action, played at any speed.

A motion is a short list of key poses.  `perform` draws speed, phase, side,
amplitude and small errors of every repetition from a generator, joins the key
poses smoothly and turns them into joints.
"""
import re
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from deephar.data.synthetic.people import Person
from deephar.data.synthetic.skeleton import (
    FIELD, FIELDS, STAND, Body, mirror_body, place_body, pose_body)


@dataclass(frozen=True)
class Motion:
    """Key poses (share of the period, changes to the base pose) and how to play them.

    Args:
        period: seconds of one repetition at normal speed.
        keys: the poses; their first is also what a repetition returns to.
        base: changes of `STAND` that all keys share.
        once: a deed with a beginning and an end, instead of a cycle.
        world_hands: see `pose_body`.
        two_handed: see `pose_body`.
        travel: leg lengths walked per period.
        prop: what is held or stood on, see `deephar.data.synthetic.props`.
    """
    period: float
    keys: tuple
    base: dict | None = None
    once: bool = False
    world_hands: bool = False
    two_handed: float = 0.0
    travel: float = 0.0
    prop: str | None = None


_HAND, _FOOT, _TOOL = ("hx", "hy", "hz", "e"), ("fx", "fy", "fz", "p"), ("tx", "ty", "tz")


def place(word: str, *values: float) -> dict:
    """Controls of what a word of a pose stands for.

    Args:
        word: "rh", "lh" or "hands", "rf", "lf" or "feet", "tool".
        values: of a hand outward, ahead, up, and how its elbow swivels if that is
            not as usual; of an ankle outward, ahead, up and toes down in degrees,
            0 where they are left out; of a tool its direction in the chest's frame.
    """
    if word == "tool":
        return dict(zip(_TOOL, values, strict=True))
    names = _HAND if "h" in word else _FOOT
    values = values if "h" in word else (*values, 0.0, 0.0)
    sides = "rl" if word in ("hands", "feet") else word[0]
    return {side + name: value for side in sides for name, value in zip(names, values)}


def _pose(text: str) -> dict:
    """Controls of a pose: limbs, the tool, or fields of the skeleton, and numbers."""
    pose = {}
    for word, *numbers in map(str.split, text.split(",")):
        values = [float(number) for number in numbers]
        if word in FIELD:
            pose[word], = values
        elif word != "stand":
            pose |= SEAT if word == "seat" else place(word, *values)
    return pose


def _motions(text: str) -> dict[str, Motion]:
    """Motions from lines `name: period s, settings`, each followed by its key poses.

    Key poses are apart by ";": the share of the period, or "base", and a pose.
    """
    motions = {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, poses = re.sub(" *#.*", "", block).split("\n", 1)
        name, head = head.split(": ")
        period, *settings = head.split(", ")
        told = dict(setting.partition(" ")[::2] for setting in settings)
        keys = [entry.split(maxsplit=1) for entry in poses.split(";")]
        bases = [_pose(pose) for mark, pose in keys if mark == "base"]
        motions[name] = Motion(
            float(period.removesuffix(" s")),
            tuple((float(mark), _pose(pose)) for mark, pose in keys if mark != "base"),
            *bases, once="once" in told, world_hands="world_hands" in told,
            two_handed=float(told.get("two_handed", 0)), prop=told.get("prop"))
    return motions


SEAT = _pose("pz 0.46, py -0.42, pitch -4, bend 8, feet 0.15 0.05, hands 0 0.42 -0.52 30")

PENN = _motions("""
baseball_pitch: 1.9 s, once, prop baseball
    base rf 0 -0.18, lf 0 0.18;
    0 turn -75, hands -0.2 0.42 -0.3 20;
    0.22 turn -95, px 0, roll -6, hands -0.22 0.45 0 30, lf -0.35 0.2 0.55 40;
    0.42 turn -80, py 0.25, pz 0.86, side 14, rh 0.72 -0.35 0.1 60, lh 0.8 0.3 0.15,
        lf 0 0.75 0.04;
    0.55 turn -10, py 0.5, pz 0.8, bend 5, twist 10, rh 0.5 0.1 0.75 60, lh 0.3 0.4 -0.3,
        rf 0.1 -0.15 0.06 50, lf 0.05 0.95;
    0.64 turn 20, py 0.6, pz 0.78, bend 38, twist 25, rh 0.1 0.85 0.25 30, lh 0.2 -0.1 -0.5,
        rf 0.12 -0.1 0.15 60, lf 0.05 0.95;
    0.78 turn 38, py 0.65, pz 0.8, bend 62, twist 30, rh -0.55 0.45 -0.55 10,
        lh 0.3 -0.3 -0.4, rf 0.3 0.25 0.35 60, lf 0.05 0.95;
    1 turn 10, py 0.7, pz 0.92, bend 20, hands 0.1 0.3 -0.75, rf 0.2 0.75, lf 0.12 0.85
baseball_swing: 1.7 s, once, two_handed 0.16, prop bat
    base turn -85, pz 0.88, pitch 12, bend 12, look 50, rf 0 -0.32, lf 0 0.32;
    0 twist -30, rh 0.12 0.32 -0.02 75, tool 0.45 -0.25 0.85;
    0.3 twist -55, py -0.08, rh 0.3 0.22 0.08 80, lf 0 0.34 0.14 20, tool 0.35 -0.5 0.8;
    0.45 twist -25, turn -60, py 0.1, rh 0 0.5 -0.22 20, lf 0 0.5, tool 0.75 0.2 0.25;
    0.54 twist 18, turn -25, py 0.14, side 8, rh -0.3 0.82 -0.3 10, rf 0 -0.3 0.05 45,
        lf 0 0.5, tool 0.1 0.95 -0.12;
    0.63 twist 45, turn -5, py 0.16, rh -0.7 0.6 -0.12 10, rf 0 -0.28 0.08 55, lf 0 0.5,
        tool -0.85 0.35 0.1;
    0.78 twist 65, turn 8, py 0.16, rh -0.72 0.15 0.2 30, rf 0 -0.26 0.08 55, lf 0 0.5,
        tool -0.35 -0.8 0.35;
    1 twist 50, turn 0, py 0.14, rh -0.62 0.22 0.12 30, rf 0 -0.26 0.06 45, lf 0 0.5,
        tool -0.35 -0.8 0.35
bench_press: 1.9 s, prop barbell_bench
    base pz 0.47, pitch -90, nod 0, splay 12, feet 0.28 0.42;
    0 hands 0.22 0.97 -0.02 85;
    0.5 hands 0.32 0.3 -0.05 85
bowl: 2 s, once, prop bowling_ball
    0 bend 14, rh 0 0.5 -0.35 10, lh -0.1 0.5 -0.4 10;
    0.25 bend 22, py 0.2, rh 0.05 0.55 -0.6, lh 0.2 0.35 -0.55, rf 0.12 0.4 0.06;
    0.42 bend 32, pitch 12, py 0.5, pz 0.92, rh 0.08 -0.15 -0.95, lh 0.5 0.35 -0.35,
        rf 0.12 0.4, lf 0.12 0.55 0.1;
    0.56 bend 40, pitch 18, py 0.8, pz 0.84, rh 0.12 -0.88 -0.3, lh 0.75 0.25 -0.2,
        rf 0.12 0.5 0.04 40, lf 0.1 1.15;
    0.7 bend 42, pitch 22, py 1.02, pz 0.7, side 10, rh 0 0.25 -0.95, lh 0.85 0 0,
        rf -0.28 0.25 0.1 50, lf 0 1.3;
    0.84 bend 34, pitch 18, py 1.06, pz 0.72, rh 0 0.93 0.05, lh 0.85 -0.1 0.05,
        rf -0.3 0.25 0.14 55, lf 0 1.3;
    1 bend 22, pitch 10, py 1.08, pz 0.78, rh 0.05 0.7 0.55, lh 0.7 0 -0.2,
        rf -0.2 0.4 0.1 50, lf 0 1.3
clean_and_jerk: 2.1 s, once, prop barbell
    base splay 28, feet 0.2 0;
    0 pz 0.52, py -0.24, pitch 42, bend 16, nod -25, hands 0.16 0.55 -0.83;
    0.2 pz 0.86, py -0.12, pitch 28, bend 8, nod -15, hands 0.16 0.35 -0.92;
    0.32 pz 1, hands 0.2 0.25 -0.55 95, feet 0.15 0 0.04 20;
    0.42 pz 0.58, py -0.1, pitch 8, hands 0.12 0.33 0.02 30;
    0.56 pz 0.98, hands 0.12 0.33 0.02 30;
    0.64 pz 0.88, hands 0.12 0.33 0.02 30;
    0.73 pz 0.84, hands 0.3 0.05 0.93 90, rf 0.12 0.42, lf 0.12 -0.45 0.07 55;
    0.84 pz 0.86, hands 0.3 0.05 0.93 90, rf 0.12 0.4, lf 0.12 -0.42 0.07 55;
    1 pz 0.98, hands 0.3 0.05 0.95 90
golf_swing: 1.9 s, once, two_handed 0.13, prop golf_club
    base pz 0.93, py -0.1, pitch 26, bend 14, feet 0.24 0;
    0 rh -0.26 0.42 -0.82, tool 0 0.5 -0.86;
    0.3 twist -60, turn -25, rh 0.25 0.55 0.3 20, tool 0.3 -0.35 0.75;
    0.4 twist -65, turn -28, rh 0.25 0.48 0.38 20, tool -0.5 -0.75 0.3;
    0.5 twist -12, turn 2, rh -0.12 0.45 -0.78, tool 0.55 0.4 -0.6;
    0.55 twist 5, turn 15, rh -0.3 0.45 -0.8, tool -0.1 0.5 -0.85;
    0.64 twist 40, turn 50, pitch 12, rh -0.65 0.6 -0.25, rf 0.22 0 0.05 40,
        tool -0.7 0.5 0.2;
    0.8 twist 62, turn 70, pitch 2, bend 0, rh -0.62 0.3 0.42 40, rf 0.16 0 0.1 60,
        tool 0.5 -0.75 0.35;
    1 twist 60, turn 70, pitch 2, bend 0, rh -0.62 0.28 0.4 40, rf 0.16 0 0.1 60,
        tool 0.5 -0.75 0.25
jump_rope: 0.62 s, prop rope
    base feet 0.08 0;
    0 pz 0.95, hands 0.34 0.22 -0.62 40;
    0.3 pz 1.08, hands 0.38 0.3 -0.56 40, feet 0.08 0 0.14 40;
    0.5 pz 1.12, hands 0.42 0.22 -0.52 40, feet 0.08 0 0.17 45;
    0.8 pz 1, hands 0.38 0.14 -0.58 40, feet 0.08 0 0.04 25
jumping_jacks: 1 s
    0 pz 0.96, hands 0.1 0.05 -0.97 40, feet 0.09 0;
    0.22 pz 1.02, hands 0.9 0.08 -0.2 60, feet 0.28 0 0.1 30;
    0.42 pz 0.88, hands 0.12 0.05 0.96 90, feet 0.5 0;
    0.52 pz 0.88, hands 0.12 0.05 0.96 90, feet 0.5 0;
    0.74 pz 1.02, hands 0.92 0.08 -0.1 60, feet 0.28 0 0.1 30
pullup: 2 s, world_hands, prop bar
    base splay 8, hands 0.42 0.06 2.44 95;
    0 pz 1.27, feet 0.1 -0.1 0.3 60;
    0.5 pz 1.72, pitch -4, nod -12, feet 0.1 -0.3 0.8 55
pushup: 1.5 s, world_hands
    base splay 0, hands 0.33 0.56 0.03 60, feet 0.1 -1.05 0.06 75;
    0 pz 0.36, pitch 72, nod -20;
    0.5 pz 0.13, pitch 86, nod -28
situp: 1.9 s
    base pz 0.08, splay 6, hands -0.12 0.06 0.36 95, feet 0.14 0.66;
    0 pitch -88, bend 0, nod 10;
    0.5 pitch -38, bend 52, nod 18
squat: 2 s, prop barbell_back
    base splay 30, hands 0.28 0.02 0.12 40, feet 0.24 0;
    0 pz 0.98, pitch 4;
    0.5 pz 0.5, py -0.3, pitch 38, nod -18
strum_guitar: 0.7 s, prop guitar
    base nod 10, look 12, lh 0.36 0.42 -0.22 35, lf 0.18 0.1;
    0 rh -0.02 0.36 -0.38 60;
    0.5 side 2, nod 14, rh -0.12 0.34 -0.68 60
tennis_forehand: 1.7 s, once, prop racket
    base pz 0.9, bend 12, feet 0.26 0;
    0 rh -0.05 0.5 -0.3 30, lh -0.1 0.5 -0.25 30, tool -0.3 0.6 0.7;
    0.32 twist -50, turn -45, rh 0.72 -0.28 -0.15 50, lh 0.1 0.75 -0.1, lf 0.05 0.4,
        tool 0.45 -0.7 0.4;
    0.46 twist -30, turn -30, py 0.1, pz 0.86, rh 0.75 -0.05 -0.5, lh 0.35 0.6 -0.2,
        lf 0.05 0.45, tool 0.8 -0.5 -0.25;
    0.56 twist 5, turn 0, py 0.16, pz 0.9, rh 0.42 0.75 -0.35, lh 0.4 0.3 -0.3,
        lf 0.05 0.45, tool 0.85 0.5 0;
    0.7 twist 35, turn 20, py 0.2, rh -0.35 0.72 0.2 50, lh 0.4 0.15 -0.3, rf 0.2 0 0.05 40,
        lf 0.05 0.45, tool -0.7 0.4 0.6;
    1 twist 40, turn 20, py 0.2, rh -0.6 0.35 0.22 50, lh 0.3 0.3 -0.3, rf 0.25 0.1 0.02 20,
        lf 0.05 0.45, tool -0.5 -0.6 0.5
tennis_serve: 2 s, once, prop racket_ball
    base rf 0.1 -0.2, lf 0 0.22;
    0 turn -50, rh 0.05 0.5 -0.35 20, lh 0.05 0.5 -0.4, tool 0 0.8 0.5;
    0.25 turn -60, rh 0.45 -0.35 -0.6, lh 0.1 0.6 0.1, tool 0.3 -0.4 -0.6;
    0.42 turn -60, pz 0.88, bend -14, nod -30, rh 0.5 -0.25 0.25 70, lh 0.12 0.3 0.92,
        tool -0.1 -0.2 0.9;
    0.53 turn -40, pz 0.9, bend -16, nod -35, rh 0.25 -0.2 0.42 85, lh 0.25 0.35 0.7,
        tool -0.2 -0.4 -0.85;
    0.62 turn 0, pz 1.06, side -12, py 0.15, nod -30, rh 0.05 0.2 0.97 40,
        lh 0.15 0.35 -0.1, feet 0.14 0.1 0.1 50, tool 0.05 0.3 0.95;
    0.74 turn 20, pz 0.9, bend 35, py 0.35, rh -0.2 0.85 -0.05, lh 0.1 0.3 -0.45,
        rf 0.15 -0.1 0.2 50, lf 0.1 0.5, tool -0.2 0.8 -0.5;
    0.86 turn 35, pz 0.88, bend 40, py 0.4, rh -0.5 0.4 -0.6, lh 0.2 0.3 -0.4,
        rf 0.2 0.1 0.25 50, lf 0.1 0.5, tool -0.6 -0.2 -0.7;
    1 turn 15, pz 0.93, bend 20, py 0.45, rh -0.25 0.5 -0.6, lh 0.2 0.3 -0.5, rf 0.2 0.5,
        lf 0.1 0.5, tool -0.3 0.7 -0.3
""")

# The name is the class's number on disk, counted from 1.
_NTU = _motions("""
1: 2.4 s, prop cup  # drink water
    0 rh -0.1 0.52 -0.45 20; 0.4 nod -18, rh -0.3 0.34 0.18 55;
    0.6 nod -24, rh -0.3 0.33 0.21 60
4: 1.2 s  # brush hair
    0 rh -0.18 0.14 0.52 95; 0.5 rh -0.05 -0.1 0.3 95
6: 2 s, once  # pick up
    0 stand; 0.45 pz 0.62, py -0.2, pitch 48, bend 34, rh 0 0.45 -0.85;
    0.55 pz 0.62, py -0.2, pitch 48, bend 34, rh 0 0.45 -0.85; 1 rh -0.05 0.5 -0.4
7: 1.5 s, once, prop ball_thrown  # throw
    0 rh 0.1 0.4 -0.5; 0.4 twist -35, rh 0.5 -0.35 0.35 70, lf 0.13 0.3;
    0.55 twist 10, py 0.1, rh 0.2 0.6 0.7 50, lf 0.13 0.3;
    0.7 twist 35, bend 25, py 0.15, rh -0.3 0.7 -0.4, lf 0.13 0.3; 1 py 0.1, lf 0.13 0.3
8: 1.8 s, once, prop chair  # sit down
    0 stand; 0.45 pz 0.72, py -0.3, pitch 38, bend 22, hands 0.1 0.4 -0.6; 0.7 seat; 1 seat
9: 1.8 s, once, prop chair  # stand up
    0 seat; 0.2 seat; 0.5 pz 0.7, py -0.28, pitch 40, bend 24, hands 0.1 0.4 -0.6;
    0.85 stand; 1 stand
10: 0.55 s  # clap
    0 hands -0.22 0.55 -0.22 30; 0.5 hands 0.22 0.58 -0.15 30
22: 1.1 s  # cheer up
    0 hands 0.35 0.15 0.55 80; 0.5 pz 1, hands 0.32 0.1 0.92 80, feet 0.13 0 0.02 12
23: 0.8 s  # wave a hand
    0 rh 0.02 0.3 0.55 40; 0.5 rh 0.52 0.22 0.48 40
24: 1.4 s, once  # kick
    0 stand; 0.3 bend 8, lh 0.5 0.4 -0.4, rf 0.12 -0.5 0.25 50, lf 0.1 0.08; 0.5 bend -5,
    pitch -10, rh 0.5 -0.3 -0.4, lh 0.4 0.5 -0.2, rf 0.05 0.85 0.55, lf 0.1 0.08; 1 stand
26: 0.7 s  # hop on one foot
    base hands 0.4 0.2 -0.6 40, rf 0.04 0, lf 0.1 -0.35 0.45 60; 0 pz 0.92;
    0.5 pz 1.14, rf 0.05 0 0.18 40
27: 1.2 s  # jump up
    0 pz 0.72, py -0.15, pitch 30, bend 12, hands 0.2 -0.5 -0.7;
    0.35 pz 1.22, hands 0.2 0.4 0.75 60, feet 0.13 0 0.26 55;
    0.6 pz 0.8, py -0.1, pitch 22, bend 8, hands 0.2 0.3 -0.5; 0.8 stand
31: 1.9 s  # point
    0 stand; 0.35 rh 0.15 0.95 0.08; 0.75 rh 0.2 0.95 0.1
33: 2 s  # check the time
    0 stand; 0.35 nod 28, look 14, lh -0.32 0.42 -0.22 70;
    0.75 nod 28, look 14, lh -0.32 0.42 -0.2 70
35: 1.7 s  # bow
    0 stand; 0.5 pitch 34, bend 38, nod 25, py -0.16
36: 0.9 s  # shake the head
    0 look 38; 0.5 look -38
38: 1.9 s  # salute
    0 stand; 0.35 rh -0.02 0.16 0.42 85; 0.7 rh -0.02 0.16 0.42 85
40: 1.3 s  # cross hands in front
    0 hands 0.3 0.7 -0.15; 0.5 hands -0.5 0.5 -0.12 30
50: 1 s  # punch
    base lh -0.1 0.42 -0.02 30, rf 0.13 -0.2, lf 0.13 0.3;
    0 twist -25, rh 0.05 0.3 -0.12 30; 0.4 twist 28, py 0.12, bend 10, rh -0.15 0.97 0.02;
    0.7 twist -20, rh 0.05 0.3 -0.12 30
""")
NTU = {int(number): motion for number, motion in _NTU.items()}

STRIDE = 1.68       # leg lengths per two steps


def _step(t: float) -> tuple[float, float, float]:
    """A foot at phase t of walking: half of the time it rests on the floor."""
    t = t % 1
    if t <= 0.5:
        return STRIDE * (0.25 - t), 0.0, -18 if t == 0 else 35 if t == 0.5 else 0
    return {0.58: (-0.46, 0.13, 50), 0.75: (-0.04, 0.13, 25), 0.92: (0.47, 0.05, -15)}[
        round(t, 2)]


def _stride(t: float) -> dict:
    """All of a walking person at phase t; the right heel lands at 0."""
    swing = np.cos(2 * np.pi * t)       # 1: right foot and left hand ahead
    arms = {**place("rh", 0.09, 0.05 - 0.37 * swing, -0.86),
            **place("lh", 0.09, 0.05 + 0.37 * swing, -0.86)}
    return dict(pz=0.967 - 0.016 * np.cos(4 * np.pi * t), turn=6 * swing, twist=-12 * swing,
                **place("rf", 0.08, *_step(t)), **place("lf", 0.08, *_step(t + 0.5)), **arms)


_WALK = tuple((t, _stride(t)) for t in (0.0, 0.08, 0.25, 0.42, 0.5, 0.58, 0.75, 0.92))
_LED = tuple((t, dict(p, **place("rh", 0.22, 0.5, -0.62))) for t, p in _WALK)

# In the order of the data set's action numbers.
H36M = _motions("""
Directions: 3.2 s
    0 stand; 0.2 rh 0.3 0.9 0.1; 0.4 twist 15, lh 0.7 0.6 0.1;
    0.6 look -25, rh 0.9 0.2 0.12; 0.8 hands 0.3 0.8 -0.1
Discussion: 2.6 s
    base hands 0.05 0.45 -0.5 20; 0 hands 0.1 0.5 -0.4 20;
    0.25 twist 10, rh 0.4 0.5 -0.1 20; 0.5 look 20, hands 0.35 0.55 -0.25 20;
    0.75 twist -12, lh 0.35 0.5 0.05 20
Eating: 2.2 s, prop chair
    base seat; 0 rh -0.05 0.55 -0.45 20; 0.45 nod 14, rh -0.28 0.36 0.14 40;
    0.6 nod 14, rh -0.28 0.36 0.14 40
Greeting: 2.6 s
    0 stand; 0.25 rh 0.25 0.3 0.6 40; 0.4 rh 0.55 0.2 0.5 40; 0.55 rh 0.1 0.3 0.6 40;
    0.8 pitch 20, bend 25
Phoning: 3 s
    base rh -0.05 0.14 0.26 60; 0 look 10; 0.35 look -18, turn 10, lh 0.3 0.5 -0.4;
    0.7 nod 15, turn -10
Posing: 3.4 s
    0 hands 0.22 0.1 -0.55 95; 0.25 roll 8, rh 0.05 -0.02 0.45 95, lh 0.22 0.1 -0.55 95;
    0.5 turn 30, look -30, hands 0.9 0.1 0; 0.75 turn -20, hands -0.35 0.32 -0.3 40
Purchases: 2.8 s
    0 hands 0.1 0.5 -0.4; 0.35 pz 0.68, py -0.2, pitch 40, bend 30, hands 0 0.6 -0.75;
    0.7 hands 0.05 0.75 0.2
Sitting: 3.4 s, prop chair
    base seat; 0 stand; 0.3 bend 20, rh 0.1 0.6 -0.4; 0.6 twist 20, look 25;
    0.8 lh -0.2 0.35 0.05 40
SittingDown: 3.4 s
    0 stand; 0.35 pz 0.5, pitch 40, bend 30, py -0.2, hands 0.3 0.3 -0.8; 0.6 pz 0.12,
    py -0.5, pitch -12, bend 30, splay 25, hands 0.2 0.6 -0.5, feet 0.2 0.25; 0.8 pz 0.12,
    py -0.5, pitch -18, bend 20, splay 25, rh 0.3 -0.3 -0.8, lh 0.1 0.65 -0.4, feet 0.2 0.35
Smoking: 2.6 s
    base lh -0.1 0.3 -0.55 30; 0 rh 0.1 0.5 -0.5; 0.4 nod -5, rh -0.28 0.36 0.14 50;
    0.6 rh 0.15 0.45 -0.2 40
Photo: 2.8 s, prop camera
    0 pz 0.95, hands -0.24 0.5 0.22 40; 0.4 pz 0.7, py -0.15, pitch 22, bend 12,
    hands -0.24 0.5 0.2 40, lf 0.13 0.25; 0.7 turn 20, hands -0.24 0.55 0.1 40
Waiting: 3.6 s
    0 roll 5, px 0.08; 0.3 look 35, hands -0.3 0.32 -0.32 40;
    0.6 roll -5, px -0.08, look -35, hands -0.3 0.32 -0.32 40;
    0.8 nod 25, lh -0.25 0.45 -0.2 60
""") | {
    "Walking": Motion(1.1, _WALK, travel=STRIDE),
    "WalkDog": Motion(1.15, _LED, travel=STRIDE, prop="dog"),
    "WalkTogether": Motion(1.1, _WALK, travel=STRIDE),
}

MOTIONS = {**PENN, **{f"ntu_{number:03d}": m for number, m in NTU.items()}, **H36M}

REST = 1.45     # a deed ends, rests and is done again after so many periods

# Standard deviation of a key pose's errors: angles in degrees, places in limb lengths.
_ANGLES = frozenset(("turn", "pitch", "roll", "bend", "side", "twist", "nod", "look",
                     "re", "le", "splay"))
_NO_ERROR = frozenset(("pz", "rfz", "lfz", "rp", "lp", "tx", "ty", "tz"))
_ERRORS = np.array([0.0 if f in _NO_ERROR else 2.5 if f in _ANGLES else 0.025
                    for f in FIELDS])


def motion(action: str, person: Person, rng: np.random.Generator, fps: float = 50,
           seconds: float = 4) -> np.ndarray:
    """Joints of a person who does something, as long as asked for.

    Args:
        action: a key of `MOTIONS`: a Penn Action class name, a Human3.6M
            action label, or "ntu_AAA" with a class number of NTU.
        person: from `make_person`; bone lengths are theirs in every frame.
        rng: draws speed, phase, side, amplitude, errors and the path walked.
        fps, seconds: round(fps * seconds) frames.

    Returns:
        (T, 32, 3) float64, world millimetres, z up, floor at 0, the joints of
        Human3.6M; `[:, deephar.utils.pose.H36M17]` are the 17 of lifting work.  The person
        starts within a metre of the origin and faces any way.
    """
    body = perform(action, person, rng, fps, round(fps * seconds)).body
    start = rng.uniform(-600, 600, 2)
    centre = np.append(start - body.joints[0, 0, :2], 0)
    return place_body(body, np.full(len(body.joints), rng.uniform(0, 360)), centre).joints


@dataclass(frozen=True)
class Act:
    """What one person did: the body, and what props need to follow it.

    `phase` (T,) counts repetitions; its fraction is the place in the key
    poses.  `lead` is the wrist of the hand that does it.
    """
    body: Body
    phase: np.ndarray
    fps: float
    prop: str | None
    mirrored: bool

    @property
    def lead(self) -> int:
        return 19 if self.mirrored else 27

    @property
    def other(self) -> int:
        return 27 if self.mirrored else 19


def perform(action: str, person: Person, rng: np.random.Generator, fps: float,
            num_frames: int, straight: bool = False) -> Act:
    """One person's act, heading along +y at the start, near the origin.

    Who walks goes round in a circle, or along +y if `straight`.
    """
    plan = _lookup(action)
    times = np.arange(num_frames) / fps
    speed = float(rng.uniform(0.85, 1.2))
    amplitude = float(rng.uniform(0.88, 1.08))
    period = plan.period / speed
    phase = times / period + (
        rng.uniform(-0.12, 0.08) if plan.once else rng.uniform(0, 1))
    controls = _controls(plan, phase, amplitude, rng)
    sway = 0.008 * np.sin(2 * np.pi * (times[:, None] * [0.31, 0.23] + rng.random(2)))
    controls[:, [FIELD["px"], FIELD["py"]]] += sway * (controls[:, [FIELD["pz"]]] > 0.8)
    body = pose_body(controls, person.lengths, plan.world_hands, plan.two_handed)
    if plan.travel:
        speed = plan.travel * person.lengths.leg / period * amplitude
        rate = rng.choice([-1, 1]) * speed / rng.uniform(900, 1600)     # radians/s
        if straight:
            rate *= 1e-6
        angle = rate * times
        path = speed / rate * np.stack(
            [np.cos(angle) - 1, np.sin(angle), np.zeros_like(angle)], -1)
        body = place_body(body, np.degrees(angle), path)
    mirrored = bool(rng.random() < 0.35)
    if mirrored:
        body = mirror_body(body)
    if plan.once:       # a little before the deed is before it, not long after the last
        phase = np.mod(phase + 0.2, REST) - 0.2
    else:
        phase = np.mod(phase, 1.0)
    return Act(body, phase, fps, plan.prop, mirrored)


def placed(act: Act, degrees: float, position: np.ndarray) -> Act:
    """The act turned about the vertical axis and moved as a whole."""
    turned = place_body(act.body, np.full(len(act.phase), float(degrees)), position)
    return replace(act, body=turned)


def _lookup(action: str) -> Motion:
    if action not in MOTIONS:
        raise KeyError(f"no motion {action!r}; there are {', '.join(MOTIONS)}")
    return MOTIONS[action]


def _controls(plan, phases, amplitude, rng) -> np.ndarray:
    """Controls (T, F) at the given phases; whole numbers start a repetition."""
    base = dict(STAND, **(plan.base or {}))
    keys = np.array([[{**base, **changes}[f] for f in FIELDS] for _, changes in plan.keys])
    keys = keys[0] + amplitude * (keys - keys[0])
    marks = np.array([t for t, _ in plan.keys])
    length = REST if plan.once else 1.0
    style = rng.normal(0, 1, keys.shape) * _ERRORS
    first = int(np.floor(phases.min() / length)) - 1
    last = int(np.ceil(phases.max() / length)) + 1
    knots, values = [], []
    for repetition in range(first, last + 1):
        knots.append(marks + repetition * length)
        values.append(keys + style + rng.normal(0, 0.5, keys.shape) * _ERRORS)
    curve = PchipInterpolator(np.concatenate(knots), np.concatenate(values), axis=0)
    return curve(phases)
