"""Which devices a run uses: one word, one `tf.distribute` strategy.

Every kind that is asked for and is not there is an error at once; nothing
falls back to the CPU in silence.  docs/distributed.md shows how to start each.
"""
import functools
import json
import logging
import os
import socket
from urllib.parse import urlsplit

import keras
import numpy as np
import tensorflow as tf

from deephar.evaluation.workers import Workers

DEVICES = {
    "auto": "several workers if TF_CONFIG names them, else every GPU, else the CPU",
    "cpu": "the CPU; cpu:N rehearses N replicas on it",
    "gpu": "one GPU",
    "mirrored": "all GPUs of this machine; mirrored:N takes the first N",
    "multiworker": "several machines, named in TF_CONFIG",
    "slurm": "the tasks of a Slurm step; slurm:PORT for another first port than 8888",
    "tpu": "the TPU of this machine; tpu:ADDRESS or $TPU_NAME for another",
}

SLURM_PORT = 8888

log = logging.getLogger(__name__)


@functools.cache  # a second strategy in one process breaks the first one's collectives
def make_strategy(device: str = "auto") -> tf.distribute.Strategy:
    """The strategy for `device`, one of `DEVICES`, e.g. `"gpu"` or `"mirrored:2"`.

    Call it before anything else touches TensorFlow.

    Raises:
        ValueError: not a known device.
        RuntimeError: a device that this machine does not have.
    """
    kind, _, detail = device.partition(":")
    if kind not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, got {device!r}")
    if kind == "auto":
        kind = _best_kind()
    if kind == "tpu":
        strategy = _tpu(detail or os.environ.get("TPU_NAME", "local"))
    elif kind == "multiworker":
        strategy = _multiworker()
    elif kind == "slurm":
        strategy = _slurm(_count(detail, device) or SLURM_PORT)
    elif kind == "cpu":
        strategy = _cpu(_count(detail, device))
    else:
        strategy = _gpus(kind, _count(detail, device))
    log.info("Device %s: %d replica(s).", device, strategy.num_replicas_in_sync)
    return strategy


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes the run's files (always, if it is alone)."""
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or resolver.task_type is None:
        return True
    return resolver.task_type == "chief" or (
        resolver.task_type == "worker" and resolver.task_id == 0
        and "chief" not in resolver.cluster_spec().jobs)


def is_multiworker(strategy: tf.distribute.Strategy) -> bool:
    """Whether other processes train along."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def from_chief(strategy: tf.distribute.Strategy, value: float) -> float:
    """The chief's `value`, on every worker; all of them must ask."""
    if not is_multiworker(strategy):
        return value

    @tf.function        # TPUs and XLA run nothing else
    def shared(value):
        def share(value):
            is_first = tf.distribute.get_replica_context().replica_id_in_sync_group == 0
            return tf.where(is_first, value, 0)
        return strategy.reduce("SUM", strategy.run(share, (value,)), axis=None)

    return float(shared(tf.constant(value, tf.float64)))


def workers_on(device: str) -> Workers:
    """Who evaluates together on a device of `DEVICES`, for evaluation scripts."""
    if device.partition(":")[0] == "cpu":
        tf.config.set_visible_devices([], "GPU")
    return workers_of(make_strategy(device))


def workers_of(strategy: tf.distribute.Strategy) -> Workers:
    """The processes under `strategy`, which evaluate together."""
    if isinstance(strategy, tf.distribute.MirroredStrategy):
        return Workers(scope=strategy.scope)
    if not is_multiworker(strategy):
        return Workers()
    return Workers(strategy.cluster_resolver.task_id + (
        strategy.cluster_resolver.task_type == "worker"
        and "chief" in strategy.cluster_resolver.cluster_spec().jobs),
        sum(map(len, strategy.cluster_resolver.cluster_spec().as_dict().values())),
        functools.partial(_gather, strategy))


def _gather(strategy: tf.distribute.Strategy, own: bytes) -> list[bytes]:
    """The bytes of all workers; each speaks through the first of its replicas."""
    words = np.frombuffer(own + bytes(-len(own) % 4), np.int32)     # NCCL knows no bytes
    here = len(strategy.extended.worker_devices)

    def everybodys(array):
        def value(context):
            is_first = context.replica_id_in_sync_group % here == 0
            return tf.constant(array if is_first else array[:0])
        values = strategy.experimental_distribute_values_from_function(value)
        return strategy.gather(values, axis=0).numpy()

    lengths = everybodys(np.array([len(own)], np.int32))
    ends = np.cumsum(-(-lengths // 4))
    parts = np.split(everybodys(words), ends[:-1])
    return [part.tobytes()[:length] for part, length in zip(parts, lengths, strict=True)]


def synchronize_batch_norm(model: keras.Model,
                           strategy: tf.distribute.Strategy) -> None:
    """Let BatchNormalization, and its like, use the statistics of the global batch.

    The layers read the flag when a training step is traced, so that networks
    need not know on how many devices they are trained.
    """
    for layer in model._flatten_layers():
        if hasattr(layer, "synchronized"):
            layer.synchronized = strategy.num_replicas_in_sync > 1


def _best_kind() -> str:
    if len(_workers()) > 1:
        return "multiworker"
    gpus = len(tf.config.list_physical_devices("GPU"))
    return ("cpu", "gpu", "mirrored")[min(gpus, 2)]


def _count(detail: str, device: str) -> int:
    """The N of "mirrored:N"; 0 if it is not given."""
    if detail and (not detail.isdigit() or int(detail) < 1):
        raise ValueError(
            "what follows the colon must be a number of devices, or slurm's port, "
            f"got {device!r}")
    return int(detail or 0)


def _cpu(count: int) -> tf.distribute.Strategy:
    if count < 2:
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise RuntimeError(
                f"cpu:{count} must be chosen before TensorFlow is used") from error
    return tf.distribute.MirroredStrategy([f"/cpu:{i}" for i in range(count)])


def _gpus(kind: str, count: int) -> tf.distribute.Strategy:
    found = tf.config.list_physical_devices("GPU")
    wanted = 1 if kind == "gpu" else max(count, 2)
    if len(found) < wanted:
        raise RuntimeError(
            f"device {kind} needs {wanted} GPU(s), TensorFlow sees {len(found)}; "
            "choose --device cpu, or cpu:2 to rehearse two replicas")
    if kind == "gpu":
        return tf.distribute.OneDeviceStrategy("/gpu:0")
    return tf.distribute.MirroredStrategy(
        [f"/gpu:{i}" for i in range(count or len(found))])


def _workers() -> list[str]:
    """The addresses in TF_CONFIG, the chief first; empty without one."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        cluster = json.loads(text or "{}").get("cluster", {})
    except json.JSONDecodeError as error:
        raise ValueError(f"TF_CONFIG is not JSON ({error}): {text}") from error
    return list(cluster.get("chief", [])) + list(cluster.get("worker", []))


def _multiworker() -> tf.distribute.Strategy:
    workers = _workers()
    if not workers:
        raise RuntimeError(
            "device multiworker needs TF_CONFIG, e.g. "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
            '"task": {"type": "worker", "index": 0}}; see docs/distributed.md')
    return _all_of(workers)


def _slurm(port: int) -> tf.distribute.Strategy:
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "")
    if not tasks.isdigit():
        raise RuntimeError(
            "device slurm needs the environment of a Slurm step: start the script with "
            "srun, as docs/cluster/slurm.sh does")
    # Which GPUs a task sees is Slurm's business; the resolver only counts ports.
    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver(
        port_base=port, gpus_per_node=int(tasks), gpus_per_task=1, auto_set_gpu=False)
    workers = resolver.cluster_spec().as_dict()["worker"]
    here = os.environ.get("SLURMD_NODENAME")
    host = workers[resolver.task_id].rpartition(":")[0]
    if here and here != host:
        raise RuntimeError(
            f"task {resolver.task_id} runs on {here} and is looked for on {host}: "
            "TensorFlow sorts the nodes by name, so their numbers need leading zeros; "
            "take one node, or --device multiworker with TF_CONFIG")
    return _all_of(workers, resolver)


def _all_of(workers: list[str], resolver=None) -> tf.distribute.Strategy:
    log.info("Waiting for %d workers: %s", len(workers), ", ".join(workers))
    collectives = tf.distribute.experimental.CommunicationImplementation
    on_gpu = tf.config.list_physical_devices("GPU")
    return tf.distribute.MultiWorkerMirroredStrategy(
        resolver, communication_options=tf.distribute.experimental.CommunicationOptions(
            implementation=collectives.AUTO if on_gpu else collectives.RING))


def _tpu(address: str) -> tf.distribute.Strategy:
    if "://" in address:
        # Connecting to a dead address hangs for minutes: knock first.
        url = urlsplit(address)
        try:
            socket.create_connection((url.hostname, url.port or 8470), 5).close()
        except OSError as error:
            raise RuntimeError(f"no TPU answers at {address}: {error}") from error
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=address)
        if address != "local":
            tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        reason = str(error).splitlines()[0]
        raise RuntimeError(
            f"no TPU found at {address!r} ({reason}); on a TPU machine install "
            "tensorflow-tpu, elsewhere choose another --device") from error
    return tf.distribute.TPUStrategy(resolver)
