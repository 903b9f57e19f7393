"""The command line, and how it ends when something is wrong.

The commands lie in the modules named `..._commands`: each parses, calls one function and
prints. Only click and small modules of ours are imported at the top of any of them, so that
`gemhier --help` answers at once; a command imports the step that it runs inside its own body.
"""

import atexit
import errno
import gc
import io
import os
import sys
from typing import Any

import click

from gemhier import __version__
from gemhier.app_commands import app_command
from gemhier.compare_commands import compare_command
from gemhier.crawl_commands import clean_command, crawl_command
from gemhier.data_commands import audit_command, prepare, sample
from gemhier.errors import INTERRUPTED, GemhierError, OutputError
from gemhier.extras import missing_extra
from gemhier.gem_commands import gem, gems
from gemhier.identify_commands import identify
from gemhier.model_commands import benchmark_command, classify, evaluate_command
from gemhier.taxonomy_commands import taxonomy_group
from gemhier.text import visible
from gemhier.training_commands import calibrate_command, package_command, train_command, train_finder_command, ui
from gemhier.trial_commands import trial_command

_CANNOT_USE = {
    errno.ENOSPC: "there is no space left on the disk. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    errno.EROFS: "the disk is read-only. Choose another folder",
    errno.EACCES: "permission denied. Choose another folder or change its permissions",
    errno.EPERM: "permission denied. Choose another folder or change its permissions",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one",
}


# At its end Python looks for garbage among all that was loaded, several times, which takes a tenth of naming a picture.
atexit.register(gc.freeze)

_GOES_ON = ("train", "train-finder", "trial")
_SAME_COMMAND = "Give the same command again: it goes on where it stood."


class Commands(click.Group):
    """A group whose commands end in one line when the world, and not the code, is at fault.

    A GemhierError, a missing extra and a disk that cannot be written end with exit
    code 1, Ctrl-C with 130. Any other exception is a bug and keeps its traceback.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run as a program."""
        _mend_streams()
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and turn what a user can mend into one line."""
        try:
            return super().invoke(ctx)
        except GemhierError as error:
            raise _one_line(error) from error
        except ImportError as error:
            missing = missing_extra(error)
            if missing is None:
                raise
            raise _one_line(missing) from error
        except OSError as error:
            if error.errno not in _CANNOT_USE:
                raise
            raise _one_line(_output_error(error)) from error
        except KeyboardInterrupt as interruption:  # which may bring what to do next
            what_next = str(interruption) or (_SAME_COMMAND if ctx.invoked_subcommand in _GOES_ON else "")
            click.echo(visible(f"Interrupted. {what_next}".rstrip()), err=True)
            ctx.exit(INTERRUPTED)


def _mend_streams() -> None:
    """Make standard output and error fit to be written to, whatever comes.

    A process may be started without them (`>&-`, pythonw), and a file name may have bytes that no encoding
    can say, which are written as escapes.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # until the end
        elif isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def _one_line(error: GemhierError) -> click.ClickException:
    return click.ClickException(visible(" ".join(str(error).splitlines())))


def _output_error(error: OSError) -> OutputError:
    place = f"{error.filename}: " if error.filename is not None else "Writing failed: "
    return OutputError(f"{place}{_CANNOT_USE[error.errno or 0]}.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="gemhier", message="%(prog)s %(version)s")
def main() -> None:
    """Name the gemstone in a photograph, from family down to variety and region.

    \b
    Example:
      gemhier classify ring.jpg
    """


for command in (
    app_command,
    audit_command,
    benchmark_command,
    calibrate_command,
    classify,
    clean_command,
    compare_command,
    crawl_command,
    evaluate_command,
    gem,
    gems,
    identify,
    package_command,
    prepare,
    sample,
    taxonomy_group,
    train_command,
    train_finder_command,
    trial_command,
    ui,
):
    main.add_command(command)
