import sqlite3

from gemhier.pipeline.tracking.failures import bottom, reason


def test_the_reason_is_what_lies_at_the_bottom() -> None:
    cause, between, outer = (
        ConnectionRefusedError(111, "Connection refused"),
        KeyError("pool"),
        RuntimeError("7\ntimes"),
    )
    between.__context__, outer.__cause__ = cause, between
    assert bottom(outer) is cause
    assert reason(outer) == "Connection refused"


def test_without_such_a_cause_it_is_the_first_line_and_never_empty() -> None:
    assert reason(RuntimeError("in vain\nat line 3")) == "in vain"
    assert reason(RuntimeError()) == "RuntimeError"
    assert reason(sqlite3.OperationalError("disk I/O error")) == "disk I/O error"
