"""A trained network as everything above needs it, whatever runs it."""
