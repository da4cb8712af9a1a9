"""A window takes pictures until it is closed."""
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from deephar.inference.window import Window


def test_pictures_follow_each_other_until_the_window_is_closed():
    window = Window("test")
    assert window.show(Image.new("RGB", (40, 30), "red"))
    assert window.show(Image.new("RGB", (40, 30), "blue"))
    image, = plt.figure("test").axes[0].images
    assert np.array(image.get_array())[0, 0].tolist() == [0, 0, 255]
    plt.close("test")
    assert not window.show(Image.new("RGB", (40, 30)))
    window.wait()
