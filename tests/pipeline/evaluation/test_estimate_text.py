from gemhier.pipeline.evaluation.estimate_text import estimate_text, interval_text, value_text
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate

SHARE = Estimate(0.8125, 0.79, 0.8312)
CHANGE = Estimate(-0.01, -0.0225, 0.004)


def test_shares_are_percentages_in_a_terminal_and_fractions_in_markdown() -> None:
    assert (value_text(SHARE), interval_text(SHARE)) == ("81.2%", "[79.0%, 83.1%]")
    assert estimate_text(SHARE) == "0.812 (0.790 to 0.831)"


def test_differences_are_points_with_their_sign() -> None:
    assert (value_text(CHANGE, "+.1f", 100), interval_text(CHANGE, "+.1f", 100)) == ("-1.0", "[-2.2, +0.4]")
    assert estimate_text(CHANGE, "+.1f", 100) == "-1.0 (-2.2 to +0.4)"


def test_where_nothing_was_measured_there_is_a_dash_and_no_interval() -> None:
    assert (value_text(NO_ESTIMATE), interval_text(NO_ESTIMATE), estimate_text(NO_ESTIMATE)) == ("-", "", "–")
