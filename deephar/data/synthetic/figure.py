"""The visible body: parts around the joints, dressed and painted."""
import numpy as np

from deephar.data.synthetic.draw import Part
from deephar.data.synthetic.people import Person
from deephar.data.synthetic.skeleton import Body


def figure(person: Person, body: Body, frame: int) -> list[Part]:
    """All parts of a person in one frame."""
    joints = body.joints[frame]
    pelvis, chest, head = body.pelvis[frame], body.chest[frame], body.head[frame]
    parts = _trunk(person, joints, pelvis, chest)
    parts += _head(person, joints, chest, head)
    for side, leg, arm in (("right", 1, 25), ("left", 6, 17)):
        parts += _leg(person, joints[leg:leg + 5], pelvis, getattr(person, side))
        parts += _arm(person, joints[arm:arm + 6], chest, getattr(person, side))
    return parts


def _bands(*bands):
    """Paint along a cone: (end of the band as a share, colour), in order."""
    ends = np.array([end for end, _ in bands[:-1]])
    colours = np.array([colour for _, colour in bands], float)
    return lambda p: colours[np.searchsorted(ends, p[:, 2])]


def _darker(colour, factor=0.8):
    return tuple(factor * c for c in colour)


def _trunk(person: Person, j, pelvis, chest) -> list[Part]:
    s = person.height / 1725
    g = person.girth * s
    hips = 148 * g + 0.15 * person.lengths.hip
    waist = 128 * g * (1 + 0.4 * person.belly)
    breast = 160 * (0.6 * g + 0.4 * s)
    thick = 0.66 + 0.25 * person.belly
    cloth = _shirt(person)
    spine, neck = j[12], j[13]
    top = neck - chest[:, 2] * (0.05 * person.lengths.upper_spine)
    seat = j[0] - pelvis[:, 2] * (8 * s)
    low = j[0] + pelvis[:, 2] * (55 * s)
    return [
        Part(seat, None, (hips, 0.72 * hips, 98 * g), person.trousers, pelvis),
        Part(low, spine, (0.93 * hips, waist), lambda p: cloth(p, 0.0), pelvis, thick),
        Part(spine, None, (waist, thick * waist, 0.8 * waist),
             lambda p: cloth(p * [1, 1, 0] + [0, 0, 0.45], 0.0), chest),
        Part(spine, top, (waist, breast), lambda p: cloth(p, 1.0), chest, 0.68),
        Part(top, None, (breast, 0.66 * breast, 60 * g),
             lambda p: cloth(p * [1, 1, 0] + [0, 0, 0.98], 1.0), chest),
        Part(j[25], j[17], (58 * g * person.muscle, 58 * g * person.muscle),
             person.shirt, chest),
    ]


def _shirt(person: Person):
    """Paint of the trunk; `upper` is 1 over the waist and 0 below it."""
    shirt, accent = np.array(person.shirt, float), np.array(person.accent, float)

    def paint(p, upper):
        colours = np.tile(shirt, (len(p), 1))
        front = p[:, 1] > 0.15
        height = p[:, 2] + upper            # 0 at the hips to 2 at the neck
        if person.pattern == "stripes":
            colours[np.floor(height * 4.5) % 2 == 1] = accent
        elif person.pattern == "halves":
            colours[height < 1.05] = accent
        elif person.pattern == "chest":
            colours[(height > 1.3) & (height < 1.62)] = accent
        elif person.pattern == "vest":
            colours[np.abs(p[:, 0]) > 0.62] = accent
        # Front: an open collar and a badge on the left; back: a number plate.
        colours[front & (np.abs(p[:, 0]) < 0.12) & (height > 1.74)] = person.skin
        colours[front & (np.abs(p[:, 0]) < 0.03) & (height < 1.74)] *= 0.72
        colours[front & (p[:, 0] < -0.28) & (p[:, 0] > -0.58)
                & (height > 1.42) & (height < 1.68)] = person.left
        back = (p[:, 1] < -0.4) & (np.abs(p[:, 0]) < 0.42)
        colours[back & (height > 1.15) & (height < 1.7)] = _darker(255 - shirt, 0.9)
        return colours

    return paint


def _head(person: Person, j, chest, head) -> list[Part]:
    neck, top = j[13], j[15]
    size = np.linalg.norm(top - neck)
    up, front = head[:, 2], head[:, 1]
    centre = top - up * (0.43 * size) + front * (0.02 * size)
    radii = np.array([0.335, 0.40, 0.46]) * size
    hair = np.array(person.hair, float)
    skin = np.array(person.skin, float)
    cap = np.array(person.accent, float)

    def face(p):
        colours = np.tile(skin, (len(p), 1))
        x, y, z = p.T
        line = 0.52 - 0.75 * (y < 0.25) - (0.5 if person.long_hair else 0.22) * (y < -0.2)
        colours[z > line] = hair
        if person.beard:
            colours[(y > 0.1) & (z < -0.42) & ~((np.abs(x) < 0.2) & (z > -0.55))] = hair
        if person.cap:
            colours[z > 0.42] = cap
        front = y > 0.4
        eyes = front & (np.abs(np.abs(x) - 0.36) < 0.15) & (np.abs(z - 0.08) < 0.085)
        colours[eyes] = 245
        colours[eyes & (np.abs(np.abs(x) - 0.36) < 0.08)] = 25
        colours[front & (np.abs(np.abs(x) - 0.36) < 0.2) & (np.abs(z - 0.26) < 0.045)] = hair * 0.6
        colours[front & (np.abs(x) < 0.24) & (np.abs(z + 0.50) < 0.05)] = (168, 60, 60)
        return colours

    throat = 0.17 * size * (0.7 + 0.3 * person.girth)
    parts = [
        Part(neck - up * (0.06 * size), centre - up * (0.2 * size),
             (1.15 * throat, 0.95 * throat), _darker(person.skin, 0.9)),
        Part(centre, None, tuple(radii), face, head, shiny=0.04),
        Part(centre + front * (0.40 * size) - up * (0.055 * size), None,
             (0.06 * size, 0.085 * size, 0.09 * size), person.skin, head),
    ]
    for x in (-1, 1):
        parts.append(Part(centre + head[:, 0] * (x * 0.335 * size) - front * (0.03 * size), None,
                          (0.05 * size, 0.08 * size, 0.11 * size), _darker(person.skin, 0.9),
                          head))
    back = centre - front * (0.08 * size) + up * (0.07 * size)
    if person.cap:
        parts.append(Part(back + front * (0.40 * size) + up * (0.13 * size), None,
                          (0.27 * size, 0.27 * size, 0.035 * size), person.accent, head))
    if person.long_hair:
        parts.append(Part(back - front * (0.16 * size) - up * (0.2 * size), None,
                          (0.33 * size, 0.22 * size, 0.48 * size), person.hair, head))
    if not person.cap:
        parts.append(Part(back, None, (0.345 * size, 0.385 * size, 0.44 * size),
                          person.hair, head))
    return parts


def _leg(person: Person, j, pelvis, trim) -> list[Part]:
    hip, knee, ankle, toe, tip = j
    s = person.height / 1725
    g = person.girth * s * person.muscle
    rk, ra = 57 * g, 38 * g
    loose = 1.13 if person.legs < 1 else 1.06
    covered = person.legs * 2           # in thighs and shanks: 0 to 2
    skin, cloth, socks = person.skin, person.trousers, person.socks
    thigh = _bands((min(covered, 1.0), cloth), (2, skin))
    over_shank = max(covered - 1, 0)
    shank = _bands((over_shank, cloth), (max(over_shank, 0.66), skin),
                   (max(over_shank, 0.90), trim), (2, socks))
    calf = knee + 0.3 * (ankle - knee)
    foot_axes = _axes_along(tip - ankle)
    shoe = np.array(trim, float)

    def paint_shoe(p):
        colours = np.tile(shoe, (len(p), 1))
        colours[p[:, 1] < -0.45] = 235
        return colours

    length = np.linalg.norm(tip - ankle)
    middle = ankle + 0.42 * (tip - ankle)
    knee_colour = cloth if covered >= 1 else skin
    parts = [
        Part(hip, None, (86 * g * loose,) * 3, cloth),
        Part(hip, knee, (86 * g * loose, rk * (1.1 if covered >= 1 else 1.0)), thigh),
        Part(knee, None, (rk * (1.08 if covered >= 1 else 1.0),) * 3, knee_colour),
        Part(knee, calf, (rk, 60 * g), lambda p: shank(p * [1, 1, 0.3])),
        Part(calf, None, (60 * g,) * 3, lambda p: shank(p * 0 + [0, 0, 0.3])),
        Part(calf, ankle, (60 * g, ra), lambda p: shank(p * [1, 1, 0.7] + [0, 0, 0.3])),
        Part(ankle, None, (ra * 1.1,) * 3, socks),
        Part(middle, None, (0.22 * length + 8 * s, 0.23 * length, 0.72 * length),
             paint_shoe, foot_axes),
    ]
    if covered < 1:                     # the hem of shorts stands off the leg
        hem = hip + (knee - hip) * covered
        start = hip + (knee - hip) * max(covered - 0.45, 0)
        top, low = (86 * g + (rk - 86 * g) * t for t in (max(covered - 0.45, 0), covered))
        parts.append(Part(start, hem, (top * 1.1, low * 1.22),
                          _bands((0.9, cloth), (2, _darker(cloth, 0.7)))))
    return parts


def _axes_along(direction):
    """Axes with the third along `direction` and the second as upright as can be."""
    along = direction / (np.linalg.norm(direction) + 1e-9)
    up = np.array([0.0, 0.0, 1.0]) if abs(along[2]) < 0.95 else np.array([0.0, 1.0, 0.0])
    across = np.cross(up, along)
    across /= np.linalg.norm(across)
    return np.stack([across, np.cross(along, across), along], -1)


def _arm(person: Person, j, chest, trim) -> list[Part]:
    shoulder, elbow, wrist, _, thumb, tip = j[0], j[1], j[2], j[3], j[4], j[5]
    s = person.height / 1725
    g = person.girth * s * person.muscle
    rs, re, rw = 56 * g, 42 * g, 30 * g
    skin, cloth = person.skin, person.shirt
    covered = person.sleeves * 2        # in upper arms and forearms: 0 to 2
    over_forearm = max(covered - 1, 0)
    upper = _bands((min(covered, 1) - 0.16, cloth), (min(covered, 1.0), trim), (2, skin))
    if not covered:
        upper = _bands((0.62, skin), (0.85, trim), (2, skin))
    lower = _bands((min(over_forearm, 0.72), cloth), (0.72, skin), (0.95, trim), (2, skin))
    hand_axes = _axes_along(tip - wrist)
    length = np.linalg.norm(tip - wrist)
    elbow_colour = cloth if covered >= 1 else skin
    parts = [
        Part(shoulder, None, (rs * 1.12,) * 3, cloth if covered else skin),
        Part(shoulder, elbow, (rs, re), upper),
        Part(elbow, None, (re,) * 3, elbow_colour),
        Part(elbow, wrist, (re * 1.02, rw), lower),
        Part(wrist, None, (rw,) * 3, skin),
        Part((wrist + tip) / 2, None, (0.42 * length, 0.30 * length, 0.72 * length),
             skin, hand_axes),
        Part(wrist, thumb, (14 * s, 11 * s), skin),
    ]
    if 0 < covered < 1:
        hem = shoulder + (elbow - shoulder) * covered
        r = rs + (re - rs) * covered
        parts.append(Part(shoulder, hem, (rs * 1.12, r * 1.2),
                          _bands((0.72, cloth), (2, trim))))
    return parts
