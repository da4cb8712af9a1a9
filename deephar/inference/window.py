"""A window that shows one picture after another."""
from PIL import Image


class Window:
    """Pictures in a matplotlib window; `show` says whether it is still open."""

    def __init__(self, title: str):
        import matplotlib.pyplot as plt
        self._plt, self._title = plt, title
        self._figure = self._image = None

    def show(self, picture: Image.Image) -> bool:
        """Show a picture; False once the user has closed the window."""
        plt = self._plt
        if self._figure is None:
            size = (picture.width / 100, picture.height / 100)
            self._figure = plt.figure(self._title, figsize=size)
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

    def wait(self) -> None:
        """Wait until the user closes the window."""
        if self._figure is not None and self._plt.fignum_exists(self._figure.number):
            self._plt.show()
