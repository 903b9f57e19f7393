import pytest

from gemhier.pipeline.tracking.store import open_tracking


def test_telemetry_is_off(tracking_store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    open_tracking(tracking_store)
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
