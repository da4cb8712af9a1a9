"""The optimizer of the published recipes, where today's Keras has another rule."""
import keras
from keras import ops


@keras.saving.register_keras_serializable(package="deephar")
class RMSprop(keras.optimizers.Optimizer):
    """RMSprop as the published networks were trained with it.

        v <- rho v + (1 - rho) g^2
        p <- p - learning_rate g / (sqrt(v) + epsilon)

    Today's Keras has epsilon within the root: a floor of 3e-4 under every
    denominator, below which gradients of a fresh network often lie; they would
    make smaller steps.  Of the same gradient, the first step is
    `learning_rate / sqrt(1 - rho)`, whatever its size.

    Args:
        learning_rate: a number, or what else Keras takes.
        rho: how much of the mean of squares is kept.
        epsilon: added to the root of that mean.
        options: of every Keras optimizer, for instance `clipnorm`.
    """

    def __init__(self, learning_rate=1e-3, rho: float = 0.9, epsilon: float = 1e-7,
                 name: str = "rmsprop", **options):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._squares = self.add_optimizer_variables(variables, "square")

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        square = self._squares[self._get_variable_index(variable)]
        self.assign(square, self.rho * square + (1 - self.rho) * ops.square(gradient))
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * gradient
                        / (ops.sqrt(square) + self.epsilon))

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
