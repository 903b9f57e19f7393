"""`python -m gemhier` is `gemhier`."""

from gemhier.cli import main

if __name__ == "__main__":
    main(prog_name="gemhier")
