"""Writes docs/cli-reference.md from the help of each command: python docs/make_cli_reference.py."""

from collections.abc import Iterator
from pathlib import Path

import click

from gemhier.cli import main

REFERENCE = Path(__file__).with_name("cli-reference.md")
WIDTH = 100

HEADING = """# The commands

Every command of `gemhier` with its help, as `--help` prints it. Exit codes: 0; 1 if something is
wrong with the files, the disk or a picture; 2 for bad usage; 130 after Ctrl-C.

The Tab key completes commands, options and their choices once the shell is told so, in one line of its start-up file:

- bash 4.4 or newer, `~/.bashrc`: `eval "$(_GEMHIER_COMPLETE=bash_source gemhier)"`
- zsh, `~/.zshrc`: `eval "$(_GEMHIER_COMPLETE=zsh_source gemhier)"`
- fish, `~/.config/fish/completions/gemhier.fish`: `_GEMHIER_COMPLETE=fish_source gemhier | source`
"""


def helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Each command's words and help, a group before its commands."""
    settings = command.context_settings | {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context.command_path, context.get_help()
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            yield from helps(command.commands[child], child, context)


def reference() -> str:
    """Return the text of the whole page."""
    parts = [f"\n## {words}\n\n```text\n{text}\n```\n" for words, text in helps(main, "gemhier")]
    return HEADING + "".join(parts)


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8", newline="\n")
