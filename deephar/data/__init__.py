"""Data sets, their crops, batches and the synthetic people."""
from deephar.data.coco import CocoKeypoints
from deephar.data.human36m import Human36M
from deephar.data.loader import BatchLoader
from deephar.data.mpii import MpiiSinglePerson
from deephar.data.ntu import Ntu
from deephar.data.pennaction import PennAction
from deephar.data.table import DATASETS

__all__ = ["BatchLoader", "CocoKeypoints", "DATASETS", "Human36M", "MpiiSinglePerson", "Ntu",
           "PennAction"]
