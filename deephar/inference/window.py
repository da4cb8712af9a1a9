"""A window that shows one picture after another."""
from typing import Any

import numpy as np


class Window:
    """Pictures in a matplotlib window; `show` says whether it is still open."""

    def __init__(self, title: str):
        import matplotlib.pyplot as plt
        self._plt, self._title = plt, title
        self._figure: Any = None
        self._image: Any = None

    def show(self, picture: np.ndarray) -> bool:
        """Show a picture, (H, W, 3); False once the user has closed the window."""
        plt = self._plt
        if self._figure is None:
            height, width = picture.shape[:2]
            self._figure = plt.figure(self._title, figsize=(width / 100, height / 100))
            axes = self._figure.add_axes((0, 0, 1, 1))
            axes.set_axis_off()
            self._image = axes.imshow(picture)
            plt.show(block=False)
        elif plt.fignum_exists(self._figure.number):
            self._image.set_data(picture)
        else:
            return False
        self._figure.canvas.draw_idle()
        self._figure.canvas.flush_events()
        return True
