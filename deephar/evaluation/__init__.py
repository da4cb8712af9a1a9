"""Scores of a model on a data set, by the papers' protocols, and their report."""
from deephar.evaluation.action import eval_multiclip_dataset, eval_singleclip_generator
from deephar.evaluation.bboxes import get_bbox_from_poses, predict_frame_bboxes
from deephar.evaluation.human36m import eval_human36m_sc_error
from deephar.evaluation.mpii import eval_singleperson_pckh

__all__ = [
    "eval_human36m_sc_error", "eval_multiclip_dataset", "eval_singleclip_generator",
    "eval_singleperson_pckh", "get_bbox_from_poses", "predict_frame_bboxes",
]
