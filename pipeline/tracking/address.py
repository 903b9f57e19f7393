"""The address of the tracking store: what `--tracking` and MLFLOW_TRACKING_URI may say, and what MLflow is told."""

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

from gemhier.errors import TrackingError

FOLDER = Path("mlruns")
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"

ENVIRONMENT = "MLFLOW_TRACKING_URI"

# One letter before a colon is a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_DATABRICKS = ("databricks", "databricks-uc")
_PLAIN, _QUOTED = "sqlite:///", "sqlite+pysqlite:///"


def tracking_uri(tracking: str | None = None) -> str:
    """Return the address of the tracking store, as MLflow takes it.

    Args:
        tracking: a server's address, a database's, or a folder to hold the store, as a path or as file:...; None for
            the address in MLFLOW_TRACKING_URI or else `mlruns/` in the current folder.

    Raises:
        TrackingError: if no runs of gemhier can be recorded under such an address.
    """
    chosen = tracking or os.environ.get(ENVIRONMENT) or str(FOLDER)
    found = _SCHEME.match(chosen)
    scheme = found[1].lower() if found else ""
    if chosen in _DATABRICKS or scheme in (*_DATABRICKS, "uc"):
        raise TrackingError(
            f"{chosen}: gemhier cannot record into Databricks. Record into a folder or on a server of MLflow."
        )
    if scheme == "file":
        return _in_folder(_folder_of(chosen), chosen)
    if scheme in ("sqlite", "sqlite+pysqlite"):
        return sqlite_uri(_database_of(chosen))
    if "://" not in chosen:
        return _in_folder(Path(chosen), chosen)
    if scheme == "postgres" or scheme.count("+") > 1:
        raise TrackingError(
            f"{shown(chosen)}: is no address that MLflow knows. Write postgresql://SERVER, or DATABASE+DRIVER://SERVER."
        )
    if scheme in ("http", "https") and not _has_host(chosen):
        raise TrackingError(f"{shown(chosen)}: names no server. Write {scheme}://SERVER.")
    return chosen


def sqlite_uri(database: Path) -> str:
    """Return MLflow's address of a SQLite database.

    Raises:
        TrackingError: if its path cannot be said in one.
    """
    path = database.absolute().as_posix()
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise TrackingError(
            f"{path}: this name is not in UTF-8, so no address can say it. Rename the folder."
        ) from error
    if path.isprintable() and not set(path) & set("%?#"):
        return f"{_PLAIN}{path}"
    # MLflow makes the folders of what follows sqlite:///, letter by letter, so one named a%20b for one named a b.
    return f"{_QUOTED}{quote(path, safe='/: ')}"


def local_database(uri: str) -> Path | None:
    """Return the file of a SQLite store; None for a server.

    Args:
        uri: from `tracking_uri`.
    """
    if uri.startswith(_QUOTED):
        return Path(unquote(uri.removeprefix(_QUOTED)))
    return Path(uri.removeprefix(_PLAIN)) if uri.startswith(_PLAIN) else None


def shown(uri: str) -> str:
    """Return an address as people may see it, without a password."""
    return re.sub(r"(://[^/@:]*:)[^/@]*@", r"\1***@", uri)


def path_of(address: str) -> Path | None:
    """Return the path that an address of files means; None if it is not a place on this machine's disks.

    Args:
        address: as MLflow keeps it: file:... with escapes, or a path.
    """
    if address.startswith("file:"):
        return Path(url2pathname(urlsplit(address).path))
    path = Path(address)
    return path if path.is_absolute() else None


def _in_folder(folder: Path, chosen: str) -> str:
    if folder.is_dir() and any(folder.glob("*/meta.yaml")) and not (folder / DATABASE).exists():
        raise TrackingError(
            f"{chosen}: holds runs in single files, as MLflow kept them earlier. Take them over with "
            "`mlflow migrate-filestore`, or choose another folder."
        )
    return sqlite_uri(folder / DATABASE)


def _folder_of(chosen: str) -> Path:
    parts = urlsplit(chosen)
    if parts.netloc not in ("", "localhost", "."):
        raise TrackingError(
            f"{chosen}: is on another machine ({parts.netloc}). Write file:///FOLDER, or the folder alone."
        )
    path = f".{parts.path}" if parts.netloc == "." else parts.path
    if not path or parts.query or parts.fragment:
        raise TrackingError(f"{chosen}: names no folder. Write file:///FOLDER, with %3F for ? and %23 for #.")
    return Path(url2pathname(path))


def _database_of(chosen: str) -> Path:
    path = unquote(chosen.partition(":///")[2]) if ":///" in chosen else ""
    if not path or path == ":memory:" or "?" in chosen or path.endswith("/") or Path(path).is_dir():
        raise TrackingError(
            f"{chosen}: names no file of a database. Write sqlite:///mlflow.db or sqlite:////FOLDER/mlflow.db."
        )
    if path.startswith("file:"):
        raise TrackingError(f"{chosen}: write the database's file itself, as sqlite:///mlflow.db.")
    return Path(path)


def _has_host(chosen: str) -> bool:
    try:
        return bool(urlsplit(chosen).hostname)
    except ValueError:
        return False
