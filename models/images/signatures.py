"""Say what a file is that is no picture, by its first bytes."""

_UNFIT = "Convert it to JPEG or PNG."
_SIGNATURES = (
    (b"%PDF", "a PDF document, not a picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x0a", "a JPEG XL picture, which is not read"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture, which is not read"),
    (b"PK\3\4", "a ZIP archive, not a picture"),
    (b"\x1aE\xdf\xa3", "a video, not a picture"),
)
_VIDEOS = (b"qt  ", b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"3gp5")
_PAGES = (b"<!doctype html", b"<html", b"<head")
_STARTS = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"RIFF": "WebP", b"BM": "BMP"}


def what_it_is(start: bytes) -> str:
    """Say what a file is that no decoder takes, and what to do.

    Args:
        start: its first bytes, 500 or so.
    """
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        return "a web page, not a picture. Download the picture itself."
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return f"a drawing (SVG), not a photograph. {_UNFIT}"
    if start[4:8] == b"ftyp" and start[8:12] in _VIDEOS:
        return "a video, not a picture. Save one of its frames as JPEG or PNG."
    for signature, name in _SIGNATURES:
        if start.startswith(signature):
            return f"{name}. {_UNFIT}"
    for signature, name in _STARTS.items():
        if start.startswith(signature):
            return f"starts like a {name} picture, but its header is damaged or cut short. Download or export it again."
    return f"not a picture in a known format, or cut short. {_UNFIT}"
