"""BERT (Devlin et al. 2019) in plain MLX, from weights under the names that Hugging Face gives them. Knows neither text
nor pooling.
"""

import mlx.core as mx
import mlx.nn as nn

from .family import EncoderShape, Weights


class Bert:
    """Hidden states of whole texts: attention looks both ways, nothing is kept from call to call."""

    def __init__(self, shape: EncoderShape, weights: Weights) -> None:
        """Raises KeyError for a weight that is not there."""
        self.shape = shape
        self._weights = {name: array.astype(mx.float32) for name, array in weights.items()}
        self._kinds = self._weights.get("embeddings.token_type_embeddings.weight")
        self.vocabulary_size = self._weights["embeddings.word_embeddings.weight"].shape[0]
        self._encode_once()

    def __call__(self, ids: mx.array, present: mx.array) -> mx.array:
        """Hidden states [B, L, width] of ids [B, L]; `present` [B, L] is false where a row is padded."""
        weights = self._weights
        hidden = weights["embeddings.word_embeddings.weight"][ids]
        first = self.shape.first_position
        hidden = hidden + weights["embeddings.position_embeddings.weight"][first : first + ids.shape[1]]
        hidden = hidden if self._kinds is None else hidden + self._kinds[0]
        hidden = self._normalised(hidden, "embeddings.LayerNorm")
        mask = mx.where(present, 0.0, -mx.inf)[:, None, None, :]
        for layer in range(self.shape.layers):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}")
        return hidden

    def _layer(self, hidden: mx.array, mask: mx.array, name: str) -> mx.array:
        batch, length, width = hidden.shape

        def heads(which: str) -> mx.array:
            projected = self._linear(hidden, f"{name}.attention.self.{which}")
            return projected.reshape(batch, length, self.shape.heads, -1).transpose(0, 2, 1, 3)

        query, key, value = heads("query"), heads("key"), heads("value")
        scale = (width // self.shape.heads) ** -0.5
        mixed = mx.fast.scaled_dot_product_attention(query, key, value, scale=scale, mask=mask)
        mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, width)
        hidden = self._added(hidden, mixed, f"{name}.attention.output")
        inner = nn.gelu(self._linear(hidden, f"{name}.intermediate.dense"))
        return self._added(hidden, inner, f"{name}.output")

    def _added(self, hidden: mx.array, change: mx.array, name: str) -> mx.array:
        return self._normalised(hidden + self._linear(change, f"{name}.dense"), f"{name}.LayerNorm")

    def _linear(self, values: mx.array, name: str) -> mx.array:
        return values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalised(self, values: mx.array, name: str) -> mx.array:
        return mx.fast.layer_norm(
            values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"], self.shape.epsilon
        )

    def _encode_once(self) -> None:
        """So that a weight that is missing fails the load, and no request pays for kernels."""
        mx.eval(self(mx.array([[0]]), mx.array([[True]])))
