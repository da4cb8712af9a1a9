"""A task: a model, its data, its losses, and one traced step of training."""
import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, Sequence

import keras
import tensorflow as tf
from keras import ops

from deephar.data.dataset import Loader
from deephar.training.accumulate import in_parts
from deephar.training.kernels import use_fast_kernels, use_fast_update
from deephar.training.recompute import recomputed
from deephar.training.strategy import synchronize_batch_norm


@dataclass(frozen=True)
class Task:
    """One model's share of the training.

    Args:
        name: of its losses in the logs.
        model: functional; its outputs are compared with the targets in order.
        loader: gives the global batches.
        losses: one for all outputs or one for each: a function of (y_true,
            y_pred) with one value per sample, a Keras loss or its name.  None
            takes losses, weights and optimizer that the model was compiled with.
        optimizer: its own; two tasks never share one.
        weight: of each output's loss: one for all outputs or one for each.
        groups: a label per output; losses are reported as means over a label.
            None: all are called `name`.
        ratio: batches of this task in every step.
    """
    name: str
    model: keras.Model
    loader: Loader
    losses: Any = None
    optimizer: keras.optimizers.Optimizer | None = None
    weight: float | Sequence[float] = 1.0
    groups: tuple[str, ...] | None = None
    ratio: int = 1

    @property
    def images_per_step(self) -> int:
        """Pictures (or samples of another kind) in one step."""
        shape = self.model.input_shape        # (N, H, W, C) or (N, T, H, W, C)
        frames = shape[1] if len(shape) == 5 else 1
        return self.ratio * self.loader.get_batch_size() * (frames or 1)

    def group_means(self, losses: Sequence[float]) -> dict[str, float]:
        """{group: mean of its outputs' losses} of a completed task."""
        members = {}
        for group, loss in zip(self.groups, losses):
            name = self.name if group == self.name else f"{self.name}/{group}"
            members.setdefault(name, []).append(float(loss))
        return {name: sum(values) / len(values) for name, values in members.items()}

    def output_losses(self, losses: Sequence[float]) -> dict[str, float]:
        """{task/output: its loss}."""
        return {f"{self.name}/{name}": float(loss)
                for name, loss in zip(self.model.output_names, losses)}


def completed(task: Task) -> Task:
    """The task with one loss function, weight and group for every output.

    Raises:
        ValueError: there is no loss or optimizer, or not one per output.
    """
    losses, weight, optimizer = task.losses, task.weight, task.optimizer
    if losses is None:
        if not task.model.compiled:
            raise ValueError(f"task {task.name} has no losses and its model "
                             "is not compiled")
        losses, optimizer = task.model.loss, optimizer or task.model.optimizer
        weight = task.model.get_compile_config().get("loss_weights") or weight
    if optimizer is None:
        raise ValueError(f"task {task.name} has no optimizer")
    if (task.model.dtype_policy.compute_dtype == "float16"
            and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer)):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return dataclasses.replace(
        task, optimizer=optimizer,
        losses=tuple(map(_per_sample, _for_each_output(task, losses, "losses"))),
        weight=_for_each_output(task, weight, "weights"),
        groups=_for_each_output(task, task.groups or task.name, "groups"))


def _for_each_output(task: Task, value: Any, what: str) -> tuple:
    names = task.model.output_names
    if isinstance(value, dict):
        value = [value[name] for name in names]
    if not isinstance(value, (list, tuple)):
        return (value,) * len(names)
    if len(value) != len(names):
        raise ValueError(f"task {task.name}: {len(value)} {what} for "
                         f"{len(names)} outputs ({', '.join(names)})")
    return tuple(value)


def _per_sample(loss: Any) -> Callable:
    """A function (y_true, y_pred) -> losses that are not averaged over samples."""
    loss = keras.losses.get(loss)
    # A Loss object averages, and divides by the replicas; its `call` does not.
    return loss.call if isinstance(loss, keras.losses.Loss) else loss


def make_step(task: Task, strategy: tf.distribute.Strategy,
              clip_norm: float | None = None, jit_compile: bool = False,
              recompute: int = 0, accumulate: int = 1) -> Callable:
    """One step of training as `strategy.run` takes it.

    Returns:
        A function of one replica's share (x, y) of a batch.  It updates the
        weights and returns this replica's share of each output's loss: their
        sum over the replicas is the mean over the global batch.
    """
    model, optimizer = task.model, task.optimizer
    forward = recomputed(model, recompute) if recompute else model
    replicas = strategy.num_replicas_in_sync
    variables = model.trainable_variables
    if not variables:
        raise ValueError(f"task {task.name}: every layer is frozen")
    if not optimizer.built:
        optimizer.build(variables)
    synchronize_batch_norm(model, strategy)
    use_fast_kernels(model)
    if replicas == 1:
        use_fast_update(optimizer)
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)

    def gradients_of(x, y):
        shares = replicas * accumulate
        with tf.GradientTape() as tape:
            outputs = forward(x[0] if len(x) == 1 else list(x), training=True)
            losses = _losses(task, y, tf.nest.flatten(outputs)) / shares
            total = tf.reduce_sum(losses * task.weight)
            if model.losses:
                total += tf.add_n(model.losses) / shares
            total = optimizer.scale_loss(total)
        return losses, tape.gradient(total, variables)

    def step(x, y):
        losses, gradients = in_parts(gradients_of, (x, y), accumulate, replicas == 1)
        if clip_norm or scaled:
            gradients = _sum_over_replicas(gradients)
            if clip_norm:
                scale = optimizer.dynamic_scale.value if scaled else 1.0
                gradients, _ = tf.clip_by_global_norm(gradients, clip_norm * scale)
            # The optimizer adds up the replicas' gradients, which are equal now.
            gradients = [g if g is None else g / replicas for g in gradients]
        optimizer.apply_gradients(zip(gradients, variables))
        return losses

    return tf.function(step, jit_compile=True) if jit_compile else step


def _losses(task: Task, targets, outputs) -> tf.Tensor:
    """(outputs,): the mean over this replica's samples of each output's loss."""
    if len(targets) != len(outputs):
        raise ValueError(f"task {task.name}: {len(targets)} targets for "
                         f"{len(outputs)} outputs")
    means = [tf.reduce_mean(loss(ops.cast(target, "float32"), ops.cast(output, "float32")))
             for loss, target, output in zip(task.losses, targets, outputs)]
    return tf.stack(means)


def _sum_over_replicas(gradients: list) -> list:
    """The gradient of the global batch, the same on every replica.

    Clipping, and the test of scaled gradients for infinities, would otherwise
    see only the replica's own share.
    """
    context = tf.distribute.get_replica_context()
    some = [g for g in gradients if g is not None]
    if context.num_replicas_in_sync > 1:
        some = context.all_reduce("SUM", some)
    rest = iter(some)
    return [g if g is None else next(rest) for g in gradients]
