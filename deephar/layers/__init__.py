"""Weight-free layers with names, and the small convolution units."""
