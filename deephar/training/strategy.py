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
import tensorflow as tf

DEVICES = {
    "auto": "several workers if TF_CONFIG names them, else every GPU, else the CPU",
    "cpu": "the CPU; cpu:N rehearses N replicas on it",
    "gpu": "one GPU",
    "mirrored": "all GPUs of this machine; mirrored:N takes the first N",
    "multiworker": "several machines, named in TF_CONFIG",
    "tpu": "the TPU of this machine; tpu:ADDRESS or $TPU_NAME for another",
}

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
            f"what follows the colon must be a number of devices, got {device!r}")
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
    log.info("Waiting for %d workers: %s", len(workers), ", ".join(workers))
    collectives = tf.distribute.experimental.CommunicationImplementation
    on_gpu = tf.config.list_physical_devices("GPU")
    return tf.distribute.MultiWorkerMirroredStrategy(
        communication_options=tf.distribute.experimental.CommunicationOptions(
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
