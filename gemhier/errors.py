"""What can go wrong in the world outside the code.

GemhierError
├── TaxonomyError      a taxonomy file that contradicts itself, or a name it does not know
├── ImageError         a file that cannot be read as a picture
├── DataError          a folder, manifest or configuration that does not fit
├── EvidenceError      a reading that is none, or a prior or restriction that does not fit
├── BundleError        a bundle that is missing, changed or of another format
├── OutputError        a folder or file that cannot be written
├── TrackingError      a tracking server or run that cannot be reached
├── EngineError        a cluster that cannot be reached, or whose workers fail
├── AppError           the runtime of the page that is missing, changed or cannot be fetched
└── MissingExtraError  a command whose optional libraries are not installed

Every message is one line that says what is wrong, what came and what to do. A
caller's mistake in Python code is a ValueError, not one of these.
"""

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the signal's number, as shells have it."""


class GemhierError(Exception):
    """The base of every error that a user can mend."""


class TaxonomyError(GemhierError):
    """A taxonomy file contradicts itself, or does not know a name."""


class ImageError(GemhierError):
    """A file cannot be read as a picture."""


class DataError(GemhierError):
    """A folder of pictures, a manifest or a configuration does not fit."""


class EvidenceError(GemhierError):
    """A reading is none, or a prior or a restriction does not fit."""


class BundleError(GemhierError):
    """A bundle is missing, has changed, or is of another format."""


class OutputError(GemhierError):
    """A file or folder cannot be written."""


class TrackingError(GemhierError):
    """A tracking server or a run in it cannot be reached."""


class EngineError(GemhierError):
    """A cluster cannot be started or reached, or its workers fail."""


class AppError(GemhierError):
    """The page that classifies in a browser cannot be made or shown; its runtime is missing, or a port is taken."""


class MissingExtraError(GemhierError):
    """A command needs optional libraries that are not installed."""
