"""Who is in the picture: bone lengths, girth, clothes, skin and hair.

A person is a function of (seed, number) alone, so that the same identity
looks the same in every picture, and splits can be kept apart by number.
"""
from dataclasses import dataclass

import numpy as np

from deephar.data.synthetic.skeleton import Lengths

SKIN = ((246, 213, 188), (233, 190, 160), (214, 163, 127), (186, 130, 92),
        (147, 96, 64), (106, 68, 46), (78, 52, 38))
HAIR = ((28, 22, 20), (58, 38, 26), (104, 68, 40), (168, 120, 66), (214, 178, 112),
        (146, 62, 34), (150, 146, 142), (222, 220, 214))
SHIRT = ((198, 40, 44), (240, 240, 236), (36, 40, 48), (246, 196, 52), (120, 60, 150),
         (64, 140, 76), (234, 122, 46), (132, 138, 146), (236, 150, 176), (96, 52, 40),
         (30, 110, 120), (176, 206, 90))
TROUSERS = ((38, 48, 78), (46, 46, 50), (112, 116, 122), (180, 164, 130), (90, 66, 48),
            (24, 28, 34), (70, 96, 132), (214, 214, 210), (92, 104, 70))
# The right side wears warm trimmings, the left side cool ones: what tells the
# sides apart when the face is turned away.
WARM = ((255, 132, 26), (248, 72, 60), (255, 184, 30))
COOL = ((30, 120, 255), (40, 196, 232), (86, 84, 240))


@dataclass(frozen=True)
class Person:
    """A person's body and look; colours are (r, g, b) from 0 to 255."""
    number: int
    height: float               # mm
    lengths: Lengths
    girth: float                # 1 is average
    belly: float                # extra depth of the waist
    muscle: float
    long_hair: bool
    cap: bool
    beard: bool
    sleeves: float              # 0 none, 0.6 short, 1 long: share of the upper arm + forearm
    legs: float                 # share of the leg that is covered: 0.4 shorts, 1 trousers
    pattern: str                # of the shirt
    skin: tuple
    hair: tuple
    shirt: tuple
    accent: tuple
    trousers: tuple
    socks: tuple
    right: tuple                # trimmings
    left: tuple


def make_person(seed: int, number: int) -> Person:
    """The person with this number; the same for the same two integers."""
    rng = np.random.default_rng([seed, number, 77])

    def pick(table):
        return table[rng.integers(len(table))]

    child = rng.random() < 0.15
    height = rng.normal(1290, 90) if child else rng.normal(1725, 85)
    height = float(np.clip(height, 1120, 1960))
    girth = float(np.clip(rng.lognormal(0, 0.13), 0.8, 1.42))
    shirt = pick(SHIRT)
    trousers = pick(TROUSERS)
    while np.abs(np.subtract(trousers, shirt)).sum() < 90:
        trousers = pick(TROUSERS)
    return Person(
        number=number, height=height, lengths=_lengths(height, child, rng), girth=girth,
        belly=float(max(0.0, girth - 1.05) * rng.uniform(0.3, 1.2)),
        muscle=float(rng.uniform(0.92, 1.15)),
        long_hair=bool(rng.random() < 0.4), cap=bool(rng.random() < 0.18),
        beard=bool(not child and rng.random() < 0.2),
        sleeves=float(rng.choice([0.0, 0.34, 0.42, 1.0], p=[0.15, 0.3, 0.3, 0.25])),
        legs=float(rng.choice([0.3, 0.42, 0.72, 1.0], p=[0.2, 0.25, 0.1, 0.45])),
        pattern=str(rng.choice(["plain", "stripes", "halves", "chest", "vest"])),
        skin=_vary(pick(SKIN), rng, 2, 0.06), hair=_vary(pick(HAIR), rng, 4, 0.12),
        shirt=_vary(shirt, rng, 14), accent=_vary(pick(SHIRT), rng, 14),
        trousers=_vary(trousers, rng, 10), socks=pick(((238, 238, 234), (40, 40, 44))),
        right=_vary(pick(WARM), rng, 8), left=_vary(pick(COOL), rng, 8))


def _lengths(height: float, child: bool, rng: np.random.Generator) -> Lengths:
    """Bone lengths as shares of the height, a few percent apart between people."""
    def share(s):
        return float(height * s * rng.normal(1, 0.025))

    head = 1.22 if child else 1.0
    broad = rng.normal(1, 0.05)
    return Lengths(
        thigh=share(0.245), shank=share(0.243), ankle=share(0.043), foot=share(0.088),
        hip=share(0.056), lower_spine=share(0.135), upper_spine=share(0.152),
        shoulder=share(0.098) * broad, upper_arm=share(0.166), forearm=share(0.147),
        hand=share(0.052), neck=share(0.070) * head, head=share(0.070) * head)


def _vary(colour, rng, hue, brightness=0.0) -> tuple:
    """A colour near this one."""
    varied = np.asarray(colour) * rng.normal(1, brightness) + rng.normal(0, hue, 3)
    return tuple(int(v) for v in np.clip(varied, 4, 255))
