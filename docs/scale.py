"""The numbers of docs/scale.md:  python docs/scale.py > docs/scale.md

Each formula is a function with a test (tests/docs/test_scale.py), each input stands
in `MEASURED` or `ASSUMED`, and the page names all of them.  What was run on one machine
stands in `FEEDING` and `COLLECTION`, as the commands of the page print it.
"""
from dataclasses import dataclass
from math import ceil

# As docs/performance.md has them.
MEASURED = {
    "crops_per_core": (220.0, "training crops of 256² a second and core, from 1280×720 JPEGs"),
    "predict_rate": (27.3, "pictures a second from file to drawing: 8 blocks of "
                           "`mpii_reception2d` in bfloat16 on 2 cores of an AMD EPYC"),
}
ASSUMED = {
    "device_flops": (40e12, "operations a second that a device keeps up on these networks, "
                            "a quarter of what a large GPU does in bfloat16 at best"),
    "training_factor": (3.0, "a training step costs so many forward passes"),
    "devices_per_machine": (8, "devices, joined by links that cost no time"),
    "cores_per_machine": (64, "processor cores of a machine"),
    "network": (12.5e9, "bytes a second into and out of a machine: 100 Gbit/s"),
    "latency": (20e-6, "seconds of each of the messages of a reduction"),
    "disk": (5e9, "bytes a second of the shared disk or object store, to all machines together"),
    "frames_per_video": (250, "frames of ten seconds at 25 a second"),
    "video_decoding": (300.0, "1280×720 frames that a core decodes a second"),
}
VALUE = {name: value for name, (value, _) in (MEASURED | ASSUMED).items()}
PICTURE_BYTES = {"MPII": 180e3, "Human3.6M": 90e3, "Penn Action": 25e3, "NTU": 45e3}
# Pixels of a picture beside 1280×720, as decoding and cropping cost.
PICTURE_COST = {"MPII": 1.0, "Human3.6M": 1.1, "Penn Action": 0.2, "NTU": 0.6}
SIZES = (8, 64, 256)
VIDEOS = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """A published training: its network, and what a device gets of each step.

    Args:
        script: its file.
        parameters: that are trained, in float32.
        flops: of a picture, forward (of a clip's picture: an n-th of the clip).
        pictures: of a device and step.
        shares: {data set: share of the pictures}.
    """
    script: str
    parameters: int
    flops: float
    pictures: int
    shares: dict


RECIPES = (
    Recipe("mpii/train_mpii_singleperson.py", 14_746_560, 19.66522368e9, 24, {"MPII": 1.0}),
    Recipe("h36m/train_h36m_mpii.py", 16_681_920, 23.62884096e9, 24,
           {"Human3.6M": 0.5, "MPII": 0.5}),
    Recipe("pennaction/train_penn_merge.py", 12_805_120, 192.66401792e9 / 16, 32,
           {"Penn Action": 1.0}),
    Recipe("pennaction/train_penn_multimodel.py", 20_314_088, 99.325353984e9 / 8, 32,
           {"MPII": 0.5, "Penn Action": 0.5}),
    Recipe("ntu/train_ntu_spnet.py", 12_713_752, 70.580917632e9 / 8, 32,
           {"NTU": 0.5625, "MPII": 0.1875, "Human3.6M": 0.25}),
)

# What `tests.data.measure_packed read` and `tests.inference.measure_cluster` print.
FEEDING = """\
| a picture of | read in | threads | plain | packed |
|---|---|---|---|---|
| 104 kB | bytes | 1 | 4,115 | 5,023 |
| 104 kB | bytes | 8 | 6,971 | 8,612 |
| 104 kB | pixels | 1 | 470 | 487 |
| 104 kB | pixels | 8 | 872 | 992 |
| 35 kB | bytes | 1 | 6,127 | 8,607 |
| 35 kB | bytes | 8 | 9,794 | 12,415 |
| 35 kB | pixels | 1 | 785 | 803 |
| 35 kB | pixels | 8 | 1,238 | 1,394 |
"""
COLLECTION = """\
| | videos an hour | frames/s | share of the network's | first video after |
|---|---|---|---|---|
| the network alone | 954 | 25.4 | 100% | |
| one process, without Ray | 799 | 21.3 | 84% | 15 s |
| Ray, one worker | 684 | 18.2 | 72% | 33 s |
| Ray, two workers, a core each | 849 | 22.6 | 89% | 44 s |
| the same, one killed in the middle | 684 | 18.2 | 72% | 42 s |
"""


# === Formulas ===

def device_rate(flops: float, device_flops: float, training_factor: float) -> float:
    """Pictures that a device trains on in a second, alone."""
    return device_flops / (training_factor * flops)


def mean(values: dict, shares: dict) -> float:
    """Over a recipe's pictures, of something that each data set has."""
    return sum(values[name] * share for name, share in shares.items())


def gradient_bytes(parameters: int) -> int:
    """What is reduced in a step: a float32 of every parameter."""
    return 4 * parameters


def reduction_seconds(size: float, machines: int, network: float, latency: float) -> float:
    """A ring over the machines: each sends and receives 2 (m - 1) / m of the gradients
    in 2 (m - 1) messages.  Within a machine it costs nothing."""
    return 2 * (machines - 1) * (size / machines / network + latency)


def efficiency(compute: float, reduction: float) -> float:
    """Share of the time that devices compute; the reduction hides behind nothing."""
    return compute / (compute + reduction)


def cores(rate: float, cost: float, crops_per_core: float) -> float:
    """That decode and crop so many pictures a second."""
    return rate * cost / crops_per_core


def first_to_break(needs: dict) -> str:
    """{what: need / supply}: the greatest need, and whether it is met."""
    name = max(needs, key=needs.get)
    return f"{name}: {needs[name]:.2f} times what is there" if needs[name] > 1 else (
        f"nothing; nearest is {name}, {needs[name]:.0%} used")


def machines_for(pictures: float, rate: float, seconds: float) -> int:
    """Machines that predict so many pictures in a time."""
    return ceil(pictures / (rate * seconds))


# === Tables ===

def plan(recipe: Recipe, devices: int) -> dict:
    """What a recipe needs on so many devices."""
    machines = ceil(devices / VALUE["devices_per_machine"])
    alone = device_rate(recipe.flops, VALUE["device_flops"], VALUE["training_factor"])
    compute = recipe.pictures / alone
    size = gradient_bytes(recipe.parameters)
    reduction = reduction_seconds(size, machines, VALUE["network"], VALUE["latency"])
    share = efficiency(compute, reduction)
    rate = devices * alone * share
    read = rate * mean(PICTURE_BYTES, recipe.shares)
    needed = cores(rate, mean(PICTURE_COST, recipe.shares), VALUE["crops_per_core"])
    return {"rate": rate, "bytes": read, "cores": needed, "gradients": size,
            "reduction": reduction, "efficiency": share, "breaks": first_to_break({
                "the disk": read / VALUE["disk"],
                "cores": needed / machines / VALUE["cores_per_machine"],
                "the network": (read / machines) / VALUE["network"] + 1 - share})}


def prediction() -> list[tuple[str, float, int]]:
    """(machine, pictures a second, machines for a million videos in a day)."""
    pictures, day = VIDEOS * VALUE["frames_per_video"], 24 * 3600
    network = VALUE["devices_per_machine"] * device_rate(
        RECIPES[0].flops, VALUE["device_flops"], 1)
    decoded = VALUE["cores_per_machine"] * VALUE["video_decoding"]
    crops = VALUE["cores_per_machine"] * VALUE["crops_per_core"]
    several = 1 / (1 / decoded + 1 / crops)
    rates = [("2 cores, no GPU, as measured", VALUE["predict_rate"]),
             (f"{VALUE['cores_per_machine']} cores, no GPU: as many pairs of cores",
              VALUE["predict_rate"] * VALUE["cores_per_machine"] / 2),
             (f"{VALUE['devices_per_machine']} devices: what the network alone would do",
              network),
             (f"{VALUE['devices_per_machine']} devices and {VALUE['cores_per_machine']} cores "
              "that decode and crop", min(network, several))]
    return [(name, rate, machines_for(pictures, rate, day)) for name, rate in rates]


def page() -> str:
    lines = [HEAD]
    for title, facts in (("Measured", MEASURED), ("Assumed", ASSUMED)):
        lines += [f"| {title} | |", "|---|---|"]
        lines += [f"| {value:,g} | {words} |" for value, words in facts.values()]
        lines.append("")
    lines += ["| a picture of | kB | cost of decoding and cropping, 1280×720 is 1 |",
              "|---|---|---|"]
    lines += [f"| {name} | {size / 1e3:.0f} | {PICTURE_COST[name]:g} |"
              for name, size in PICTURE_BYTES.items()]
    lines += ["", "## Training", ""]
    for recipe in RECIPES:
        alone = device_rate(recipe.flops, VALUE["device_flops"], VALUE["training_factor"])
        lines += [f"### {recipe.script}", "",
                  f"{recipe.pictures} pictures of a device and step, {alone:.0f} a second "
                  f"alone; {recipe.flops / 1e9:.1f} GFLOP a picture, {recipe.parameters:,} "
                  f"parameters, {gradient_bytes(recipe.parameters) / 1e6:.0f} MB of gradients "
                  "a step.", "",
                  "| devices | pictures/s | MB/s read | cores | reduction, ms | efficiency | "
                  "breaks first |", "|---|---|---|---|---|---|---|"]
        for devices in SIZES:
            p = plan(recipe, devices)
            lines.append(f"| {devices} | {p['rate']:,.0f} | {p['bytes'] / 1e6:,.0f} | "
                         f"{p['cores']:,.0f} | {1e3 * p['reduction']:.1f} | "
                         f"{p['efficiency']:.1%} | {p['breaks']} |")
        lines.append("")
    lines += [PREDICTION, "| a machine | pictures/s | machines |", "|---|---|---|"]
    lines += [f"| {name} | {rate:,.0f} | {count:,} |" for name, rate, count in prediction()]
    return "\n".join(lines) + "\n" + MEASUREMENTS


HEAD = """\
# Scale, on paper

What clusters of sizes that we do not have would need. Every number is computed by `docs/scale.py` from the
tables here and nothing of it was run, up to [the last section](#measured-here): what our own two cores did.
Change an input there, and `python docs/scale.py > docs/scale.md` writes the page again.

* A device trains at its assumed rate, on as many pictures a step as the published recipe gives to its one.
* Gradients are reduced once a step in a ring over the machines, after the backward pass: nothing is hidden
  behind it, and links within a machine are free. Batch normalization's statistics are left out: they are small.
* A larger batch is another training: whether it learns as well is not computed.
* Pictures come from the shared disk every time: nothing is cached. Cores are those that decode and crop.
* "Breaks first" is the greatest of what is read from the disk, the cores of a machine, and its network (data,
  and the share of time of the reduction), beside what there is.
"""
PREDICTION = f"""\
## Prediction

{VIDEOS:,} videos of ten seconds in a day, every frame, with all 8 blocks of `mpii_reception2d`. Devices predict
at their assumed rate without a backward pass; decoding and cropping share the cores.
"""
MEASUREMENTS = f"""
## Measured here

Two shared cores of an AMD EPYC, nothing beside it, a local disk.

### Plain and packed

    python -m tests.data.measure_packed read FOLDER

Pictures a second of 960×540 in random order, the cache of the disk dropped before each; medians of three turns
each. Of 8,000 pictures, 8,000 files are opened plain; packed, 13 shards (104 kB) or 5 (35 kB), and an index.

{FEEDING}
Bytes come 1.2 to 1.4 times as fast from a pack (not in a first run, 104 kB and one thread: 5,480 plain, 5,342
packed); decoding is most of the work on two cores. A shared disk, on which an opened file costs more than here,
was not to be had.

### A collection of videos

    python -m tests.inference.measure_cluster FOLDER network alone one two killed

Videos of 96 frames of 640×480, every frame looked at whole by `penn_spnet` with random weights; one run each, of
24 videos without Ray and 16 with it.

{COLLECTION}
The first video has the start of Ray and of the worker in it. Ray runs its workers with niceness 15: whatever
else a machine does goes before. A killed worker cost 12 s of 104: the start of another one and its video once
more. Of 16 videos none was lost or double, one was begun twice; `tests/inference/test_cluster.py` holds these
counts. The last two rows were measured two hours after the others.
"""

if __name__ == "__main__":
    print(page(), end="")
