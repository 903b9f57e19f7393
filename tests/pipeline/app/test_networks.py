"""Networks with a batch of 1: the same answers, and no length left open."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from gemhier.models.bundle.files import NETWORK_FILE, SHIPPED
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.runtime.litert import INPUT, SIGNATURE
from gemhier.pipeline.app.networks import of_one_picture


@pytest.mark.parametrize("name", [NETWORK_FILE, FINDER_FILE])
def test_outputs_are_equal(name: str) -> None:
    content = (SHIPPED / name).read_bytes()
    fixed = of_one_picture(content)
    interpreters = [Interpreter(model_content=model, num_threads=1) for model in (content, fixed)]
    lengths = [
        [tensor["shape_signature"].min(initial=1) for tensor in interpreter.get_tensor_details()]
        for interpreter in interpreters
    ]
    assert -1 in lengths[0]
    assert -1 not in lengths[1]
    assert len(fixed) == len(content)
    image = np.random.default_rng(5).integers(0, 256, (1, 224, 224, 3)).astype(np.uint8)
    ours, theirs = (interpreter.get_signature_runner(SIGNATURE)(**{INPUT: image}) for interpreter in interpreters)
    assert ours.keys() == theirs.keys()
    for head in ours:
        assert (ours[head] == theirs[head]).all()
