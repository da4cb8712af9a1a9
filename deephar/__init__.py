"""Multitask 2D/3D human pose estimation and action recognition on Keras 3.

The rooms of the package are described in docs/ARCHITECTURE.md.  Importing
`deephar` imports nothing heavy; import the room that you need.
"""

__version__ = "1.1.0"
