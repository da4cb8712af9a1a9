"""Names of the action classes, in each data set's own order."""
import numpy as np

PENN_ACTIONS = (
    "baseball_pitch", "baseball_swing", "bench_press", "bowl", "clean_and_jerk",
    "golf_swing", "jump_rope", "jumping_jacks", "pullup", "pushup", "situp", "squat",
    "strum_guitar", "tennis_forehand", "tennis_serve",
)

NTU_ACTIONS = (
    "drink water", "eat meal", "brush teeth", "brush hair", "drop", "pick up", "throw",
    "sit down", "stand up", "clap", "read", "write", "tear up paper", "put on jacket",
    "take off jacket", "put on a shoe", "take off a shoe", "put on glasses",
    "take off glasses", "put on a hat", "take off a hat", "cheer up", "hand waving",
    "kick something", "reach into pocket", "hop", "jump up", "phone call",
    "play with phone", "type on a keyboard", "point to something", "take a selfie",
    "check time", "rub two hands", "nod head", "shake head", "wipe face", "salute",
    "put palms together", "cross hands in front", "sneeze or cough", "staggering",
    "falling down", "headache", "chest pain", "back pain", "neck pain", "nausea",
    "fan self", "punch or slap", "kick someone", "push", "pat on back", "point finger",
    "hug", "give object", "touch pocket", "shake hands", "walk towards", "walk apart",
)

# Their numbers are their places here (the file's `action_labels` decide): a02 is number 1.
H36M_ACTIONS = (
    "none", "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Posing",
    "Purchases", "Sitting", "SittingDown", "Smoking", "Photo", "Waiting", "Walking",
    "WalkDog", "WalkTogether",
)
# In the order of the papers' columns.
H36M_COLUMNS = tuple(sorted(H36M_ACTIONS[1:], key=str.lower))

# Action sets of clips: key of a sample -> names of the classes.  A data set without actions
# of a set gives zeros for it, so that batches can be mixed.
ACTION_SETS = {"pennaction": PENN_ACTIONS, "ntuaction": NTU_ACTIONS}


def one_hot_actions(action_set: str, action: int) -> dict:
    """Class vectors of every action set: that of `action`, from 0, then zeros."""
    count = len(ACTION_SETS[action_set])
    if not 0 <= action < count:
        raise ValueError(f"{action_set} has classes 0 to {count - 1}, got {action}")
    return {action_set: np.eye(count)[action],
            **{name: np.zeros(len(names)) for name, names in ACTION_SETS.items()
               if name != action_set}}
