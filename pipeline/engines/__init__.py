"""Where work on many pictures runs: in this process, or spread by Ray over processes and machines."""
