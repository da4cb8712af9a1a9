"""A window takes pictures until it is closed."""
import matplotlib.pyplot as plt
import numpy as np

from deephar.inference.window import Window


def test_pictures_follow_each_other_until_the_window_is_closed():
    window = Window("test")
    assert window.show(np.full((30, 40, 3), (255, 0, 0), np.uint8))
    assert window.show(np.full((30, 40, 3), (0, 0, 255), np.uint8))
    image, = plt.figure("test").axes[0].images
    assert np.array(image.get_array())[0, 0].tolist() == [0, 0, 255]
    plt.close("test")
    assert not window.show(np.zeros((30, 40, 3), np.uint8))
