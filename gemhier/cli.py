"""The command line, and how it ends when something is wrong.

The commands lie in the modules named `..._commands`: each parses, calls one function and
prints. Only click and our errors are imported at the top of any of them, so that `gemhier --help`
answers at once; a command imports the step that it runs inside its own body.
"""

import errno

import click

from gemhier import __version__
from gemhier.data_commands import audit_command, prepare, sample
from gemhier.errors import GemhierError, OutputError
from gemhier.extras import missing_extra
from gemhier.model_commands import classify, evaluate_command
from gemhier.taxonomy_commands import taxonomy_group
from gemhier.training_commands import package_command, train_command, ui

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 and the signal's number, as shells have it."""

_CANNOT_WRITE = {
    errno.ENOSPC: "there is no space left on the disk. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    errno.EROFS: "the disk is read-only. Choose another folder",
    errno.EACCES: "permission denied. Choose another folder or change its permissions",
    errno.EPERM: "permission denied. Choose another folder or change its permissions",
}


class Commands(click.Group):
    """A group whose commands end in one line when the world, and not the code, is at fault.

    A GemhierError, a missing extra and a disk that cannot be written end with exit
    code 1, Ctrl-C with 130. Any other exception is a bug and keeps its traceback.
    """

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
            if error.errno not in _CANNOT_WRITE:
                raise
            raise _one_line(_output_error(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


def _one_line(error: GemhierError) -> click.ClickException:
    return click.ClickException(" ".join(str(error).splitlines()))


def _output_error(error: OSError) -> OutputError:
    place = f"{error.filename}: " if error.filename is not None else "Writing failed: "
    return OutputError(f"{place}{_CANNOT_WRITE[error.errno or 0]}.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gemhier", message="%(prog)s %(version)s")
def main() -> None:
    """Name the gemstone in a photograph, from family down to variety and region."""


for command in (
    audit_command,
    classify,
    evaluate_command,
    package_command,
    prepare,
    sample,
    taxonomy_group,
    train_command,
    ui,
):
    main.add_command(command)
