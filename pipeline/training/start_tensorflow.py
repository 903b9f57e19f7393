"""Load TensorFlow quietly."""

import os
import re

from gemhier.models.runtime.native_output import without_lines

TENSORFLOW_NOTES = re.compile(rb"WARNING: All log messages before absl|[IW]0000 |E0000 .*cuda|To enable the following")
"""The lines on processors, and on graphics cards that are not there, which tell a user nothing."""


def start_tensorflow() -> None:
    """Load TensorFlow without its notes."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with without_lines(TENSORFLOW_NOTES):
        import tensorflow as tf

        tf.config.list_physical_devices()
    tf.get_logger().setLevel("ERROR")
