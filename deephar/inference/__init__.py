"""From pictures and videos to poses, actions and something to look at.

    from deephar.inference import Predictor
    people = Predictor("quickstart")("photo.jpg")
"""
from deephar.inference.boxes import read_boxes
from deephar.inference.predictor import Predictor
from deephar.inference.render import Renderer, draw_people
from deephar.inference.results import FrameResult, Person
from deephar.inference.sources import frames_of
from deephar.inference.video import predict_live, predict_video
from deephar.networks.load import load_network
from deephar.networks.network import Network

__all__ = ["FrameResult", "Network", "Person", "Predictor", "Renderer", "draw_people",
           "frames_of", "load_network", "predict_live", "predict_video", "read_boxes"]
