"""The networks in Keras: backbones, heads, losses, weights, export."""
