"""How samples are cut and how networks are built: two dataclasses and presets.

Both are frozen: derive a variant with `dataclasses.replace(preset, ...)`.
Field names and positional order are those of the published code; lists are
accepted and stored as tuples.
"""
from dataclasses import dataclass, fields

import numpy as np

from deephar.utils.pose import PoseLayout


def _freeze_sequences(config) -> None:
    """Store lists and arrays of a frozen dataclass as tuples."""
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, (list, tuple, range)):
            object.__setattr__(config, field.name, tuple(value))


def _steps(first: float, last: float, step: float) -> tuple:
    """`first, first + step, ..., last`, both ends included."""
    count = round((last - first) / step) + 1
    values = (first + step * i for i in range(count))
    return tuple(round(v, 10) for v in values)


@dataclass(frozen=True)
class DataConfig:
    """The crop of a sample: its size, the fixed test settings, the random ones.

    Args:
        crop_resolution: (width, height) of the crop in pixels.
        image_channels: the trailing part of `input_shape`.
        angles, fixed_angle: rotation in degrees, counter-clockwise.
        scales, fixed_scale: size of the window relative to the person's box.
        trans_x, trans_y, fixed_trans_x, fixed_trans_y: shift of the window.
        hflips, fixed_hflip: 1 mirrors the crop.
        chpower, fixed_chpower: exponent of each colour channel.
        geoocclusion, fixed_geoocclusion: sides in pixels of a rectangle that
            covers part of the crop; None draws none.
        subsampling, fixed_subsampling: frame step of a clip.
    """
    crop_resolution: tuple = (256, 256)
    image_channels: tuple = (3,)
    angles: tuple = (0,)
    fixed_angle: float = 0
    scales: tuple = (1,)
    fixed_scale: float = 1
    trans_x: tuple = (0,)
    fixed_trans_x: float = 0
    trans_y: tuple = (0,)
    fixed_trans_y: float = 0
    hflips: tuple = (0, 1)
    fixed_hflip: int = 0
    chpower: tuple = _steps(0.90, 1.10, 0.02)
    fixed_chpower: float = 1
    geoocclusion: tuple | None = None
    fixed_geoocclusion: tuple | None = None
    subsampling: tuple = (1,)
    fixed_subsampling: int = 1

    def __post_init__(self):
        _freeze_sequences(self)

    @property
    def input_shape(self) -> tuple:
        """(H, W, C) of a crop."""
        width, height = self.crop_resolution
        return (height, width) + self.image_channels

    def get_fixed_config(self) -> dict:
        """The settings of evaluation, as `get_data(augmentation=...)` takes them."""
        return {
            "angle": self.fixed_angle,
            "scale": self.fixed_scale,
            "transx": self.fixed_trans_x,
            "transy": self.fixed_trans_y,
            "hflip": self.fixed_hflip,
            "chpower": (self.fixed_chpower,) * 3,
            "geoocclusion": self.fixed_geoocclusion,
            "subspl": self.fixed_subsampling,
        }

    def random_data_generator(self, rng: np.random.Generator) -> dict:
        """Settings of one training sample, drawn from `rng`."""
        def pick(values):
            return values[rng.integers(len(values))]

        return {
            "angle": pick(self.angles),
            "scale": pick(self.scales),
            "transx": pick(self.trans_x),
            "transy": pick(self.trans_y),
            "hflip": pick(self.hflips),
            "chpower": tuple(pick(self.chpower) for _ in range(3)),
            "geoocclusion": (None if self.geoocclusion is None
                             else (pick(self.geoocclusion), pick(self.geoocclusion))),
            "subspl": pick(self.subsampling),
        }


@dataclass(frozen=True)
class ModelConfig:
    """An SPNet (TPAMI'20), see `deephar.models.spnet`.

    Args:
        input_shape: (H, W, 3), or (T, H, W, 3) for clips.
        poselayout: joints and dimension of the poses.
        num_actions: classes of each action set; empty for pose only.
        num_pyramids: down-scaling (odd) and up-scaling (even) pyramids.
        action_pyramids: the pyramids, from 1, that predict actions.
        num_levels: resolutions of a pyramid.
        kernel_size: of the depth-wise units before each prediction.
        growth: features added by each level.
        image_div: input size over the size of the first level.
        predict_rootz: never used by a published network; True is refused.
        downsampling_type: 'maxpooling', or 'conv' for strided units.
        pose_replica: actions read the poses from a second head.
        num_pose_features, num_visual_features: widths of the action heads.
        sam_alpha: sharpness of the channel softmax.
        dbg_decoupled_pose: also output the replica's poses and maps.
        dbg_decoupled_h: never used by a published network; True is refused.
    """
    input_shape: tuple
    poselayout: PoseLayout
    num_actions: tuple = ()
    num_pyramids: int = 8
    action_pyramids: tuple = (1, 2)
    num_levels: int = 4
    kernel_size: tuple = (5, 5)
    growth: int = 96
    image_div: int = 8
    predict_rootz: bool = False
    downsampling_type: str = "maxpooling"
    pose_replica: bool = False
    num_pose_features: int = 128
    num_visual_features: int = 128
    sam_alpha: float = 1
    dbg_decoupled_pose: bool = False
    dbg_decoupled_h: bool = False

    def __post_init__(self):
        _freeze_sequences(self)

    @property
    def num_joints(self) -> int:
        return self.poselayout.num_joints

    @property
    def dim(self) -> int:
        return self.poselayout.dim


# === Presets: the settings that the published scores were measured with ===

mpii_sp_dataconf = DataConfig(
    angles=_steps(-40, 40, 5),
    scales=(0.7, 1.0, 1.3),
)

mpii_dataconf = mpii_sp_dataconf

human36m_dataconf = DataConfig(
    # The published preset also asks for a random rectangle of 20 to 90 px,
    # which the published code never drew: geoocclusion=range(20, 91) does.
    angles=_steps(-10, 10, 5),
    scales=(0.8, 1.0, 1.2),
    trans_x=_steps(-20, 20, 5),
    trans_y=_steps(-4, 4, 1),
)

pennaction_dataconf = DataConfig(
    angles=_steps(-30, 30, 5),
    scales=(0.7, 1.0, 1.3),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-10, 10, 5),
    subsampling=(4, 6, 8),
    fixed_subsampling=6,
)

pennaction_pe_dataconf = DataConfig(
    angles=_steps(-40, 40, 5),
    scales=(0.7, 1.0, 1.3, 2.0),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-10, 10, 5),
)

pennaction_ar_dataconf = DataConfig(
    angles=_steps(-30, 30, 5),
    scales=(0.7, 1.0, 1.3),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-40, 40, 5),
    subsampling=(1, 2, 3),
    fixed_subsampling=2,
)

ntu_dataconf = DataConfig(
    scales=(0.7, 1.0, 1.3),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-10, 10, 5),
    subsampling=(3, 4, 5),
    fixed_subsampling=4,
)

ntu_pe_dataconf = DataConfig(
    angles=_steps(-10, 10, 5),
    scales=(0.7, 1.0, 1.3, 2.0),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-10, 10, 5),
)

ntu_ar_dataconf = DataConfig(
    scales=(0.7, 1.0, 1.3),
    trans_x=_steps(-40, 40, 5),
    trans_y=_steps(-40, 40, 5),
    subsampling=(1, 2, 3),
    fixed_subsampling=2,
)
