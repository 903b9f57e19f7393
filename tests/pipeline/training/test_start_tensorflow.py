import os

import pytest

from gemhier.pipeline.training.start_tensorflow import start_tensorflow

KERNELS = "TF_ENABLE_ONEDNN_OPTS"


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("0", "0")])
def test_the_kernels_of_onednn_are_used_unless_the_user_says_otherwise(
    before: str | None, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KERNELS, "0")  # so that it is as before in the end
    if before is None:
        monkeypatch.delenv(KERNELS)
    start_tensorflow()
    assert os.environ[KERNELS] == after
