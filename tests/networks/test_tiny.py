"""Every network has a tiny one of its kind."""
from deephar.checkpoints import CHECKPOINTS
from deephar.checkpoints.variants import VARIANTS
from deephar.networks.tiny import TINY


def test_every_checkpoint_has_its_tiny_network():
    entries = {key: e.description for key, e in (CHECKPOINTS | VARIANTS).items()}
    assert set(TINY) == set(entries)
    for key, tiny in TINY.items():
        entry = entries[key]
        assert tiny.layout == entry.layout
        assert (tiny.num_frames is None) == (entry.num_frames is None)
