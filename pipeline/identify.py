"""Name a stone from what is known of it, without a picture."""

from pathlib import Path

from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import load_bundle
from gemhier.pipeline.reports.prediction_formats import Layout, format_for


def identify_stone(
    evidence: Evidence,
    *,
    model: Path | None = None,
    layout: Layout = "text",
    top: int = 5,
    guarantee: float | None = None,
) -> str:
    """Return the answer as text, a line of JSON or CSV.

    Args:
        evidence: readings, a prior, restrictions.
        model: the folder of a bundle; None for the one in GEMHIER_MODEL or else the shipped one.
        layout: text for people, json for one object, csv for a header and a row.
        top: how many families and labels to rank at most, at least 1.
        guarantee: how probable it shall be that the stone is in the shortlist, between 0 and 1; None for no shortlist.

    Raises:
        BundleError: if there is no sound bundle.
        EvidenceError: if a name in the evidence is not known, or it leaves nothing that the stone can be.
    """
    bundle = load_bundle(model)
    prediction = bundle.identify(evidence, top=top, guarantee=guarantee)
    form = format_for(layout, bundle, top, with_evidence=True, with_shortlist=guarantee is not None, without_image=True)
    return form.header + form.entry(prediction)
