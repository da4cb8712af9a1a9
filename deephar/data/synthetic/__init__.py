"""Synthetic people who do things, in the layouts of the real data sets.

`synthesize` writes a set, `motion` gives the 3D joints alone.

people.py     who: bone lengths, girth, clothes
skeleton.py   a pose's controls to joints
motions.py    what they do: key poses by action
figure.py     the body as cones and ellipsoids, dressed
props.py      bats, barbells, chairs
scenes.py     cameras, backgrounds, light
draw.py       the ray caster
film.py       people before a camera, to pictures
layouts.py    MPII, Human3.6M, Penn Action and NTU on disk
write.py      sizes, resuming, `synthesize`
"""
from deephar.data.synthetic.motions import MOTIONS, motion
from deephar.data.synthetic.people import Person, make_person
from deephar.data.synthetic.write import synthesize

__all__ = ["MOTIONS", "Person", "make_person", "motion", "synthesize"]
