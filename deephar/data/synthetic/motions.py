"""What people do: key poses of every action, played at any speed.

A motion is a short list of key poses.  `perform` draws speed, phase, side,
amplitude and small errors of every repetition from a generator, joins the key
poses smoothly and turns them into joints.
"""
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


def hand(side: str, x: float, y: float, z: float, elbow: float | None = None) -> dict:
    """A hand's place, and its elbow's swivel: "r", "l" or "b" for both."""
    pose = {}
    for s in "rl" if side == "b" else side:
        pose.update({s + "hx": x, s + "hy": y, s + "hz": z})
        if elbow is not None:
            pose[s + "e"] = elbow
    return pose


def foot(side: str, x: float, y: float, z: float = 0.0, toes: float = 0.0) -> dict:
    """An ankle's place, and how far the toes point down in degrees."""
    pose = {}
    for s in "rl" if side == "b" else side:
        pose.update({s + "fx": x, s + "fy": y, s + "fz": z, s + "p": toes})
    return pose


def tool(x: float, y: float, z: float) -> dict:
    """Where the held tool points, in the chest's frame."""
    return {"tx": x, "ty": y, "tz": z}


PENN = {
    "baseball_pitch": Motion(1.9, (
        (0.00, dict(turn=-75, **hand("b", -0.2, 0.42, -0.3, 20))),
        (0.22, dict(turn=-95, px=0.0, **hand("b", -0.22, 0.45, 0.0, 30),
                    **foot("l", -0.35, 0.2, 0.55, 40), roll=-6)),
        (0.42, dict(turn=-80, py=0.25, pz=0.86, side=14, **foot("l", 0.0, 0.75, 0.04),
                    **hand("r", 0.72, -0.35, 0.1, 60), **hand("l", 0.8, 0.3, 0.15))),
        (0.55, dict(turn=-10, py=0.5, pz=0.8, bend=5, twist=10, **foot("l", 0.05, 0.95),
                    **foot("r", 0.1, -0.15, 0.06, 50),
                    **hand("r", 0.5, 0.1, 0.75, 60), **hand("l", 0.3, 0.4, -0.3))),
        (0.64, dict(turn=20, py=0.6, pz=0.78, bend=38, twist=25, **foot("l", 0.05, 0.95),
                    **foot("r", 0.12, -0.1, 0.15, 60),
                    **hand("r", 0.1, 0.85, 0.25, 30), **hand("l", 0.2, -0.1, -0.5))),
        (0.78, dict(turn=38, py=0.65, pz=0.8, bend=62, twist=30, **foot("l", 0.05, 0.95),
                    **foot("r", 0.3, 0.25, 0.35, 60),
                    **hand("r", -0.55, 0.45, -0.55, 10), **hand("l", 0.3, -0.3, -0.4))),
        (1.00, dict(turn=10, py=0.7, pz=0.92, bend=20, **foot("l", 0.12, 0.85),
                    **foot("r", 0.2, 0.75), **hand("b", 0.1, 0.3, -0.75)))),
        base=dict(**foot("r", 0.0, -0.18), **foot("l", 0.0, 0.18)), once=True,
        prop="baseball"),
    "baseball_swing": Motion(1.7, (
        (0.00, dict(twist=-30, **hand("r", 0.12, 0.32, -0.02, 75), **tool(0.45, -0.25, 0.85))),
        (0.30, dict(twist=-55, py=-0.08, **hand("r", 0.3, 0.22, 0.08, 80),
                    **foot("l", 0.0, 0.34, 0.14, 20), **tool(0.35, -0.5, 0.8))),
        (0.45, dict(twist=-25, turn=-60, py=0.1, **hand("r", 0.0, 0.5, -0.22, 20),
                    **foot("l", 0.0, 0.5), **tool(0.75, 0.2, 0.25))),
        (0.54, dict(twist=18, turn=-25, py=0.14, side=8, **hand("r", -0.3, 0.82, -0.3, 10),
                    **foot("l", 0.0, 0.5), **foot("r", 0.0, -0.3, 0.05, 45),
                    **tool(0.1, 0.95, -0.12))),
        (0.63, dict(twist=45, turn=-5, py=0.16, **hand("r", -0.7, 0.6, -0.12, 10),
                    **foot("l", 0.0, 0.5), **foot("r", 0.0, -0.28, 0.08, 55),
                    **tool(-0.85, 0.35, 0.1))),
        (0.78, dict(twist=65, turn=8, py=0.16, **hand("r", -0.72, 0.15, 0.2, 30),
                    **foot("l", 0.0, 0.5), **foot("r", 0.0, -0.26, 0.08, 55),
                    **tool(-0.35, -0.8, 0.35))),
        (1.00, dict(twist=50, turn=0, py=0.14, **hand("r", -0.62, 0.22, 0.12, 30),
                    **foot("l", 0.0, 0.5), **foot("r", 0.0, -0.26, 0.06, 45),
                    **tool(-0.35, -0.8, 0.35)))),
        base=dict(turn=-85, pz=0.88, pitch=12, bend=12, look=50,
                  **foot("r", 0.0, -0.32), **foot("l", 0.0, 0.32)),
        once=True, two_handed=0.16, prop="bat"),
    "bench_press": Motion(1.9, (
        (0.0, hand("b", 0.22, 0.97, -0.02, 85)),
        (0.5, hand("b", 0.32, 0.30, -0.05, 85))),
        base=dict(pz=0.47, pitch=-90, nod=0, splay=12, **foot("b", 0.28, 0.42)),
        prop="barbell_bench"),
    "bowl": Motion(2.0, (
        (0.00, dict(bend=14, **hand("r", 0.0, 0.5, -0.35, 10),
                    **hand("l", -0.1, 0.5, -0.4, 10))),
        (0.25, dict(bend=22, py=0.2, **hand("r", 0.05, 0.55, -0.6),
                    **hand("l", 0.2, 0.35, -0.55),
                    **foot("r", 0.12, 0.4, 0.06))),
        (0.42, dict(bend=32, pitch=12, py=0.5, pz=0.92, **hand("r", 0.08, -0.15, -0.95),
                    **hand("l", 0.5, 0.35, -0.35), **foot("r", 0.12, 0.4),
                    **foot("l", 0.12, 0.55, 0.1))),
        (0.56, dict(bend=40, pitch=18, py=0.8, pz=0.84, **hand("r", 0.12, -0.88, -0.3),
                    **hand("l", 0.75, 0.25, -0.2), **foot("r", 0.12, 0.5, 0.04, 40),
                    **foot("l", 0.1, 1.15))),
        (0.70, dict(bend=42, pitch=22, py=1.02, pz=0.70, side=10, **hand("r", 0.0, 0.25, -0.95),
                    **hand("l", 0.85, 0.0, 0.0), **foot("r", -0.28, 0.25, 0.1, 50),
                    **foot("l", 0.0, 1.3))),
        (0.84, dict(bend=34, pitch=18, py=1.06, pz=0.72, **hand("r", 0.0, 0.93, 0.05),
                    **hand("l", 0.85, -0.1, 0.05), **foot("r", -0.3, 0.25, 0.14, 55),
                    **foot("l", 0.0, 1.3))),
        (1.00, dict(bend=22, pitch=10, py=1.08, pz=0.78, **hand("r", 0.05, 0.7, 0.55),
                    **hand("l", 0.7, 0.0, -0.2), **foot("r", -0.2, 0.4, 0.1, 50),
                    **foot("l", 0.0, 1.3)))),
        once=True, prop="bowling_ball"),
    "clean_and_jerk": Motion(2.1, (
        (0.00, dict(pz=0.52, py=-0.24, pitch=42, bend=16, nod=-25,
                    **hand("b", 0.16, 0.55, -0.83))),
        (0.20, dict(pz=0.86, py=-0.12, pitch=28, bend=8, nod=-15,
                    **hand("b", 0.16, 0.35, -0.92))),
        (0.32, dict(pz=1.0, **hand("b", 0.2, 0.25, -0.55, 95), **foot("b", 0.15, 0, 0.04, 20))),
        (0.42, dict(pz=0.58, py=-0.1, pitch=8, **hand("b", 0.12, 0.33, 0.02, 30))),
        (0.56, dict(pz=0.98, **hand("b", 0.12, 0.33, 0.02, 30))),
        (0.64, dict(pz=0.88, **hand("b", 0.12, 0.33, 0.02, 30))),
        (0.73, dict(pz=0.84, **hand("b", 0.3, 0.05, 0.93, 90), **foot("r", 0.12, 0.42),
                    **foot("l", 0.12, -0.45, 0.07, 55))),
        (0.84, dict(pz=0.86, **hand("b", 0.3, 0.05, 0.93, 90), **foot("r", 0.12, 0.40),
                    **foot("l", 0.12, -0.42, 0.07, 55))),
        (1.00, dict(pz=0.98, **hand("b", 0.3, 0.05, 0.95, 90)))),
        base=dict(splay=28, **foot("b", 0.2, 0)), once=True, prop="barbell"),
    "golf_swing": Motion(1.9, (
        (0.00, dict(**hand("r", -0.26, 0.42, -0.82), **tool(0.0, 0.5, -0.86))),
        (0.30, dict(twist=-60, turn=-25, **hand("r", 0.25, 0.55, 0.30, 20),
                    **tool(0.3, -0.35, 0.75))),
        (0.40, dict(twist=-65, turn=-28, **hand("r", 0.25, 0.48, 0.38, 20),
                    **tool(-0.5, -0.75, 0.3))),
        (0.50, dict(twist=-12, turn=2,
                    **hand("r", -0.12, 0.45, -0.78), **tool(0.55, 0.4, -0.6))),
        (0.55, dict(twist=5, turn=15, **hand("r", -0.3, 0.45, -0.8), **tool(-0.1, 0.5, -0.85))),
        (0.64, dict(twist=40, turn=50, pitch=12, **hand("r", -0.65, 0.6, -0.25),
                    **tool(-0.7, 0.5, 0.2), **foot("r", 0.22, 0, 0.05, 40))),
        (0.80, dict(twist=62, turn=70, pitch=2, bend=0, **hand("r", -0.62, 0.3, 0.42, 40),
                    **tool(0.5, -0.75, 0.35), **foot("r", 0.16, 0, 0.1, 60))),
        (1.00, dict(twist=60, turn=70, pitch=2, bend=0, **hand("r", -0.62, 0.28, 0.4, 40),
                    **tool(0.5, -0.75, 0.25), **foot("r", 0.16, 0, 0.1, 60)))),
        base=dict(pz=0.93, py=-0.1, pitch=26, bend=14, **foot("b", 0.24, 0)),
        once=True, two_handed=0.13, prop="golf_club"),
    "jump_rope": Motion(0.62, (
        (0.0, dict(pz=0.95, **hand("b", 0.34, 0.22, -0.62, 40))),
        (0.3, dict(pz=1.08, **foot("b", 0.08, 0, 0.14, 40),
                   **hand("b", 0.38, 0.30, -0.56, 40))),
        (0.5, dict(pz=1.12, **foot("b", 0.08, 0, 0.17, 45),
                   **hand("b", 0.42, 0.22, -0.52, 40))),
        (0.8, dict(pz=1.0, **foot("b", 0.08, 0, 0.04, 25),
                   **hand("b", 0.38, 0.14, -0.58, 40)))),
        base=foot("b", 0.08, 0), prop="rope"),
    "jumping_jacks": Motion(1.0, (
        (0.00, dict(pz=0.96, **hand("b", 0.1, 0.05, -0.97, 40), **foot("b", 0.09, 0))),
        (0.22, dict(pz=1.02, **hand("b", 0.9, 0.08, -0.2, 60), **foot("b", 0.28, 0, 0.1, 30))),
        (0.42, dict(pz=0.88, **hand("b", 0.12, 0.05, 0.96, 90), **foot("b", 0.5, 0))),
        (0.52, dict(pz=0.88, **hand("b", 0.12, 0.05, 0.96, 90), **foot("b", 0.5, 0))),
        (0.74, dict(pz=1.02,
                    **hand("b", 0.92, 0.08, -0.1, 60), **foot("b", 0.28, 0, 0.1, 30))))),
    "pullup": Motion(2.0, (
        (0.0, dict(pz=1.27, **foot("b", 0.1, -0.1, 0.30, 60))),
        (0.5, dict(pz=1.72, pitch=-4, nod=-12, **foot("b", 0.1, -0.30, 0.80, 55)))),
        base=dict(splay=8, **hand("b", 0.42, 0.06, 2.44, 95)), world_hands=True, prop="bar"),
    "pushup": Motion(1.5, (
        (0.0, dict(pz=0.36, pitch=72, nod=-20)),
        (0.5, dict(pz=0.13, pitch=86, nod=-28))),
        base=dict(splay=0, **foot("b", 0.1, -1.05, 0.06, 75),
                  **hand("b", 0.33, 0.56, 0.03, 60)),
        world_hands=True),
    "situp": Motion(1.9, (
        (0.0, dict(pitch=-88, bend=0, nod=10)),
        (0.5, dict(pitch=-38, bend=52, nod=18))),
        base=dict(pz=0.08, splay=6, **foot("b", 0.14, 0.66),
                  **hand("b", -0.12, 0.06, 0.36, 95))),
    "squat": Motion(2.0, (
        (0.0, dict(pz=0.98, pitch=4)),
        (0.5, dict(pz=0.50, py=-0.30, pitch=38, nod=-18))),
        base=dict(splay=30, **foot("b", 0.24, 0), **hand("b", 0.28, 0.02, 0.12, 40)),
        prop="barbell_back"),
    "strum_guitar": Motion(0.7, (
        (0.0, dict(**hand("r", -0.02, 0.36, -0.38, 60))),
        (0.5, dict(**hand("r", -0.12, 0.34, -0.68, 60), side=2, nod=14))),
        base=dict(nod=10, look=12, **hand("l", 0.36, 0.42, -0.22, 35), **foot("l", 0.18, 0.1)),
        prop="guitar"),
    "tennis_forehand": Motion(1.7, (
        (0.00, dict(**hand("r", -0.05, 0.5, -0.3, 30), **hand("l", -0.1, 0.5, -0.25, 30),
                    **tool(-0.3, 0.6, 0.7))),
        (0.32, dict(twist=-50, turn=-45, **hand("r", 0.72, -0.28, -0.15, 50),
                    **hand("l", 0.1, 0.75, -0.1), **tool(0.45, -0.7, 0.4),
                    **foot("l", 0.05, 0.4))),
        (0.46, dict(twist=-30, turn=-30, py=0.1, pz=0.86, **hand("r", 0.75, -0.05, -0.5),
                    **hand("l", 0.35, 0.6, -0.2), **tool(0.8, -0.5, -0.25),
                    **foot("l", 0.05, 0.45))),
        (0.56, dict(twist=5, turn=0, py=0.16, pz=0.9, **hand("r", 0.42, 0.75, -0.35),
                    **hand("l", 0.4, 0.3, -0.3), **tool(0.85, 0.5, 0.0),
                    **foot("l", 0.05, 0.45))),
        (0.70, dict(twist=35, turn=20, py=0.2, **hand("r", -0.35, 0.72, 0.2, 50),
                    **hand("l", 0.4, 0.15, -0.3), **tool(-0.7, 0.4, 0.6),
                    **foot("l", 0.05, 0.45), **foot("r", 0.2, 0.0, 0.05, 40))),
        (1.00, dict(twist=40, turn=20, py=0.2, **hand("r", -0.6, 0.35, 0.22, 50),
                    **hand("l", 0.3, 0.3, -0.3), **tool(-0.5, -0.6, 0.5),
                    **foot("l", 0.05, 0.45), **foot("r", 0.25, 0.1, 0.02, 20)))),
        base=dict(pz=0.9, bend=12, **foot("b", 0.26, 0)), once=True, prop="racket"),
    "tennis_serve": Motion(2.0, (
        (0.00, dict(turn=-50, **hand("r", 0.05, 0.5, -0.35, 20), **hand("l", 0.05, 0.5, -0.4),
                    **tool(0.0, 0.8, 0.5))),
        (0.25, dict(turn=-60, **hand("r", 0.45, -0.35, -0.6), **hand("l", 0.1, 0.6, 0.1),
                    **tool(0.3, -0.4, -0.6))),
        (0.42, dict(turn=-60, pz=0.88, bend=-14, nod=-30, **hand("r", 0.5, -0.25, 0.25, 70),
                    **hand("l", 0.12, 0.3, 0.92), **tool(-0.1, -0.2, 0.9))),
        (0.53, dict(turn=-40, pz=0.9, bend=-16, nod=-35, **hand("r", 0.25, -0.2, 0.42, 85),
                    **hand("l", 0.25, 0.35, 0.7), **tool(-0.2, -0.4, -0.85))),
        (0.62, dict(turn=0, pz=1.06, side=-12, py=0.15, nod=-30,
                    **hand("r", 0.05, 0.2, 0.97, 40), **hand("l", 0.15, 0.35, -0.1),
                    **foot("b", 0.14, 0.1, 0.1, 50), **tool(0.05, 0.3, 0.95))),
        (0.74, dict(turn=20, pz=0.9, bend=35, py=0.35, **hand("r", -0.2, 0.85, -0.05),
                    **hand("l", 0.1, 0.3, -0.45), **foot("l", 0.1, 0.5),
                    **foot("r", 0.15, -0.1, 0.2, 50), **tool(-0.2, 0.8, -0.5))),
        (0.86, dict(turn=35, pz=0.88, bend=40, py=0.4, **hand("r", -0.5, 0.4, -0.6),
                    **hand("l", 0.2, 0.3, -0.4), **foot("l", 0.1, 0.5),
                    **foot("r", 0.2, 0.1, 0.25, 50), **tool(-0.6, -0.2, -0.7))),
        (1.00, dict(turn=15, pz=0.93, bend=20, py=0.45, **hand("r", -0.25, 0.5, -0.6),
                    **hand("l", 0.2, 0.3, -0.5), **foot("l", 0.1, 0.5),
                    **foot("r", 0.2, 0.5), **tool(-0.3, 0.7, -0.3)))),
        base=dict(**foot("r", 0.1, -0.2), **foot("l", 0.0, 0.22)), once=True,
        prop="racket_ball"),
}

SEAT = dict(pz=0.46, py=-0.42, pitch=-4, bend=8, **foot("b", 0.15, 0.05),
            **hand("b", 0.0, 0.42, -0.52, 30))
# The key is the class's number on disk, counted from 1.
NTU = {
    1: Motion(2.4, (                                            # drink water
        (0.0, hand("r", -0.1, 0.52, -0.45, 20)),
        (0.4, dict(nod=-18, **hand("r", -0.30, 0.34, 0.18, 55))),
        (0.6, dict(nod=-24, **hand("r", -0.30, 0.33, 0.21, 60)))), prop="cup"),
    4: Motion(1.2, (                                            # brush hair
        (0.0, hand("r", -0.18, 0.14, 0.52, 95)), (0.5, hand("r", -0.05, -0.1, 0.30, 95)))),
    6: Motion(2.0, (                                            # pick up
        (0.0, {}),
        (0.45, dict(pz=0.62, py=-0.2, pitch=48, bend=34, **hand("r", 0.0, 0.45, -0.85))),
        (0.55, dict(pz=0.62, py=-0.2, pitch=48, bend=34, **hand("r", 0.0, 0.45, -0.85))),
        (1.0, dict(**hand("r", -0.05, 0.5, -0.4)))), once=True),
    7: Motion(1.5, (                                            # throw
        (0.0, hand("r", 0.1, 0.4, -0.5)),
        (0.4, dict(twist=-35, **hand("r", 0.5, -0.35, 0.35, 70), **foot("l", 0.13, 0.3))),
        (0.55, dict(twist=10, py=0.1, **hand("r", 0.2, 0.6, 0.7, 50), **foot("l", 0.13, 0.3))),
        (0.7, dict(twist=35, bend=25, py=0.15, **hand("r", -0.3, 0.7, -0.4),
                   **foot("l", 0.13, 0.3))),
        (1.0, dict(py=0.1, **foot("l", 0.13, 0.3)))), once=True, prop="ball_thrown"),
    8: Motion(1.8, (                                            # sit down
        (0.0, {}),
        (0.45, dict(pz=0.72, py=-0.3, pitch=38, bend=22, **hand("b", 0.1, 0.4, -0.6))),
        (0.7, SEAT), (1.0, SEAT)), once=True, prop="chair"),
    9: Motion(1.8, (                                            # stand up
        (0.0, SEAT), (0.2, SEAT),
        (0.5, dict(pz=0.70, py=-0.28, pitch=40, bend=24, **hand("b", 0.1, 0.4, -0.6))),
        (0.85, {}), (1.0, {})), once=True, prop="chair"),
    10: Motion(0.55, (                                          # clap
        (0.0, hand("b", -0.22, 0.55, -0.22, 30)), (0.5, hand("b", 0.22, 0.58, -0.15, 30)))),
    22: Motion(1.1, (                                           # cheer up
        (0.0, hand("b", 0.35, 0.15, 0.55, 80)),
        (0.5, dict(pz=1.0, **hand("b", 0.32, 0.1, 0.92, 80), **foot("b", 0.13, 0, 0.02, 12))))),
    23: Motion(0.8, (                                           # wave a hand
        (0.0, hand("r", 0.02, 0.3, 0.55, 40)), (0.5, hand("r", 0.52, 0.22, 0.48, 40)))),
    24: Motion(1.4, (                                           # kick
        (0.0, {}),
        (0.3, dict(bend=8, **foot("r", 0.12, -0.5, 0.25, 50), **foot("l", 0.1, 0.08),
                   **hand("l", 0.5, 0.4, -0.4))),
        (0.5, dict(bend=-5, pitch=-10, **foot("r", 0.05, 0.85, 0.55, 0), **foot("l", 0.1, 0.08),
                   **hand("r", 0.5, -0.3, -0.4), **hand("l", 0.4, 0.5, -0.2))),
        (1.0, {})), once=True),
    26: Motion(0.7, (                                           # hop on one foot
        (0.0, dict(pz=0.92)), (0.5, dict(pz=1.14, **foot("r", 0.05, 0, 0.18, 40)))),
        base=dict(**foot("r", 0.04, 0), **foot("l", 0.1, -0.35, 0.45, 60),
                  **hand("b", 0.4, 0.2, -0.6, 40))),
    27: Motion(1.2, (                                           # jump up
        (0.0, dict(pz=0.72, py=-0.15, pitch=30, bend=12, **hand("b", 0.2, -0.5, -0.7))),
        (0.35, dict(pz=1.22, **foot("b", 0.13, 0, 0.26, 55), **hand("b", 0.2, 0.4, 0.75, 60))),
        (0.6, dict(pz=0.8, py=-0.1, pitch=22, bend=8, **hand("b", 0.2, 0.3, -0.5))),
        (0.8, {}))),
    31: Motion(1.9, (                                           # point
        (0.0, {}), (0.35, hand("r", 0.15, 0.95, 0.08)), (0.75, hand("r", 0.2, 0.95, 0.1)))),
    33: Motion(2.0, (                                           # check the time
        (0.0, {}), (0.35, dict(nod=28, look=14, **hand("l", -0.32, 0.42, -0.22, 70))),
        (0.75, dict(nod=28, look=14, **hand("l", -0.32, 0.42, -0.20, 70))))),
    35: Motion(1.7, ((0.0, {}), (0.5, dict(pitch=34, bend=38, nod=25, py=-0.16)))),     # bow
    36: Motion(0.9, ((0.0, dict(look=38)), (0.5, dict(look=-38)))),     # shake the head
    38: Motion(1.9, (                                           # salute
        (0.0, {}), (0.35, hand("r", -0.02, 0.16, 0.42, 85)),
        (0.7, hand("r", -0.02, 0.16, 0.42, 85)))),
    40: Motion(1.3, (                                           # cross hands in front
        (0.0, hand("b", 0.3, 0.7, -0.15)), (0.5, hand("b", -0.5, 0.5, -0.12, 30)))),
    50: Motion(1.0, (                                           # punch
        (0.0, dict(twist=-25, **hand("r", 0.05, 0.3, -0.12, 30))),
        (0.4, dict(twist=28, py=0.12, bend=10, **hand("r", -0.15, 0.97, 0.02))),
        (0.7, dict(twist=-20, **hand("r", 0.05, 0.3, -0.12, 30)))),
        base=dict(**hand("l", -0.1, 0.42, -0.02, 30), **foot("l", 0.13, 0.3),
                  **foot("r", 0.13, -0.2))),
}

STRIDE = 1.68       # leg lengths per two steps


def _step(t: float) -> dict:
    """A foot at phase t of walking: half of the time it rests on the floor."""
    t = t % 1
    if t <= 0.5:
        return dict(y=STRIDE * (0.25 - t), z=0.0, toes=-18 if t == 0 else 35 if t == 0.5 else 0)
    return {0.58: dict(y=-0.46, z=0.13, toes=50), 0.75: dict(y=-0.04, z=0.13, toes=25),
            0.92: dict(y=0.47, z=0.05, toes=-15)}[round(t, 2)]


def _stride(t: float) -> dict:
    """All of a walking person at phase t; the right heel lands at 0."""
    swing = np.cos(2 * np.pi * t)       # 1: right foot and left hand ahead
    arms = {**hand("r", 0.09, 0.05 - 0.37 * swing, -0.86),
            **hand("l", 0.09, 0.05 + 0.37 * swing, -0.86)}
    return dict(pz=0.967 - 0.016 * np.cos(4 * np.pi * t), turn=6 * swing, twist=-12 * swing,
                **foot("r", 0.08, **_step(t)), **foot("l", 0.08, **_step(t + 0.5)), **arms)


_WALK = tuple((t, _stride(t)) for t in (0.0, 0.08, 0.25, 0.42, 0.5, 0.58, 0.75, 0.92))
_LED = tuple((t, dict(p, **hand("r", 0.22, 0.5, -0.62))) for t, p in _WALK)

# In the order of the data set's action numbers.
H36M = {
    "Directions": Motion(3.2, (
        (0.0, {}), (0.2, hand("r", 0.3, 0.9, 0.1)),
        (0.4, dict(twist=15, **hand("l", 0.7, 0.6, 0.1))),
        (0.6, dict(look=-25, **hand("r", 0.9, 0.2, 0.12))), (0.8, hand("b", 0.3, 0.8, -0.1)))),
    "Discussion": Motion(2.6, (
        (0.0, hand("b", 0.1, 0.5, -0.4, 20)),
        (0.25, dict(twist=10, **hand("r", 0.4, 0.5, -0.1, 20))),
        (0.5, dict(look=20, **hand("b", 0.35, 0.55, -0.25, 20))),
        (0.75, dict(twist=-12, **hand("l", 0.35, 0.5, 0.05, 20)))),
        base=hand("b", 0.05, 0.45, -0.5, 20)),
    "Eating": Motion(2.2, (
        (0.0, hand("r", -0.05, 0.55, -0.45, 20)),
        (0.45, dict(nod=14, **hand("r", -0.28, 0.36, 0.14, 40))),
        (0.6, dict(nod=14, **hand("r", -0.28, 0.36, 0.14, 40)))), base=SEAT, prop="chair"),
    "Greeting": Motion(2.6, (
        (0.0, {}), (0.25, hand("r", 0.25, 0.3, 0.6, 40)), (0.4, hand("r", 0.55, 0.2, 0.5, 40)),
        (0.55, hand("r", 0.1, 0.3, 0.6, 40)), (0.8, dict(pitch=20, bend=25)))),
    "Phoning": Motion(3.0, (
        (0.0, dict(look=10)), (0.35, dict(look=-18, turn=10, **hand("l", 0.3, 0.5, -0.4))),
        (0.7, dict(nod=15, turn=-10))), base=hand("r", -0.05, 0.14, 0.26, 60)),
    "Posing": Motion(3.4, (
        (0.0, hand("b", 0.22, 0.1, -0.55, 95)),
        (0.25, dict(roll=8, **hand("r", 0.05, -0.02, 0.45, 95),
                    **hand("l", 0.22, 0.1, -0.55, 95))),
        (0.5, dict(turn=30, look=-30, **hand("b", 0.9, 0.1, 0.0))),
        (0.75, dict(turn=-20, **hand("b", -0.35, 0.32, -0.3, 40))))),
    "Purchases": Motion(2.8, (
        (0.0, hand("b", 0.1, 0.5, -0.4)),
        (0.35, dict(pz=0.68, py=-0.2, pitch=40, bend=30, **hand("b", 0.0, 0.6, -0.75))),
        (0.7, hand("b", 0.05, 0.75, 0.2)))),
    "Sitting": Motion(3.4, (
        (0.0, {}),
        (0.3, dict(bend=20, **hand("r", 0.1, 0.6, -0.4))), (0.6, dict(twist=20, look=25)),
        (0.8, dict(**hand("l", -0.2, 0.35, 0.05, 40)))), base=SEAT, prop="chair"),
    "SittingDown": Motion(3.4, (
        (0.0, {}),
        (0.35, dict(pz=0.5, pitch=40, bend=30, py=-0.2, **hand("b", 0.3, 0.3, -0.8))),
        (0.6, dict(pz=0.12, py=-0.5, pitch=-12, bend=30, **foot("b", 0.2, 0.25), splay=25,
                   **hand("b", 0.2, 0.6, -0.5))),
        (0.8, dict(pz=0.12, py=-0.5, pitch=-18, bend=20, **foot("b", 0.2, 0.35), splay=25,
                   **hand("r", 0.3, -0.3, -0.8), **hand("l", 0.1, 0.65, -0.4))))),
    "Smoking": Motion(2.6, (
        (0.0, hand("r", 0.1, 0.5, -0.5)),
        (0.4, dict(nod=-5, **hand("r", -0.28, 0.36, 0.14, 50))),
        (0.6, hand("r", 0.15, 0.45, -0.2, 40))), base=hand("l", -0.1, 0.3, -0.55, 30)),
    "Photo": Motion(2.8, (
        (0.0, dict(pz=0.95, **hand("b", -0.24, 0.5, 0.22, 40))),
        (0.4, dict(pz=0.7, py=-0.15, pitch=22, bend=12, **hand("b", -0.24, 0.5, 0.2, 40),
                   **foot("l", 0.13, 0.25))),
        (0.7, dict(turn=20, **hand("b", -0.24, 0.55, 0.1, 40)))), prop="camera"),
    "Waiting": Motion(3.6, (
        (0.0, dict(roll=5, px=0.08)), (0.3, dict(look=35, **hand("b", -0.3, 0.32, -0.32, 40))),
        (0.6, dict(roll=-5, px=-0.08, look=-35, **hand("b", -0.3, 0.32, -0.32, 40))),
        (0.8, dict(nod=25, **hand("l", -0.25, 0.45, -0.2, 60))))),
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
