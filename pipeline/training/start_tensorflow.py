"""Load TensorFlow quietly."""

import os
import re

from gemhier.models.runtime.native_output import without_lines

TENSORFLOW_NOTES = re.compile(rb"WARNING: All log messages before absl|[IW]0000 |E0000 .*cuda|To enable the following")
"""The lines on processors, and on graphics cards that are not there, which tell a user nothing."""


def start_tensorflow() -> None:
    """Load TensorFlow without its notes, and with the kernels of oneDNN, unless the user's variables say otherwise.

    TensorFlow itself uses these only on x86 processors with instructions for neural networks, such as AVX512_VNNI
    (release notes of 2.9); they are quicker on others, too.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with without_lines(TENSORFLOW_NOTES):
        import tensorflow as tf

        tf.config.list_physical_devices()
    tf.get_logger().setLevel("ERROR")
