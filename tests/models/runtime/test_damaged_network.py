"""A network whose fault shows only when it runs."""

import numpy as np
import pytest

from gemhier.errors import BundleError
from gemhier.models.runtime import litert


class BrokenRunner:
    def get_input_details(self) -> dict[str, dict[str, object]]:
        return {"pictures": {"dtype": np.uint8, "shape_signature": np.array([-1, 8, 8, 3])}}

    def get_output_details(self) -> dict[str, dict[str, object]]:
        return {}

    def __call__(self, pictures: object) -> dict[str, object]:
        raise RuntimeError("Invalid tensor index 182 in node inputs.\nNode number 8 failed to prepare.")


def test_a_fault_that_shows_in_the_first_run_is_a_bundle_error_of_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert, "_signature_runner", lambda content, num_threads: BrokenRunner())
    with pytest.raises(BundleError, match="cannot be loaded") as refused:
        litert.ExportedNetwork(b"")
    assert "\n" not in str(refused.value)
    assert "Invalid tensor index 182" in str(refused.value)


@pytest.mark.parametrize("shape", [(3, 4), (), (0, 4)])
def test_outputs_of_another_number_of_pictures_are_a_bundle_error(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class OddRunner(BrokenRunner):
        def __call__(self, pictures: object) -> dict[str, object]:
            return {"flat": np.zeros(shape, np.float32)}

    monkeypatch.setattr(litert, "_signature_runner", lambda content, num_threads: OddRunner())
    with pytest.raises(BundleError, match=r"gives `flat` of the shape \(.*\) for 1 pictures"):
        litert.ExportedNetwork(b"")
