"""Train and check models: ``python train_model.py train|test|all [--profile NAME]``."""

from __future__ import annotations

import sys

from musicai.cli import main

if __name__ == "__main__":
    arguments = sys.argv[1:]
    # `all --bundled` rebuilds the version that ships with the project
    if "--bundled" in arguments:
        arguments = ["train-bundled", *(a for a in arguments if a == "--json")]
    elif not arguments or arguments[0] not in ("train", "test", "all", "-h", "--help"):
        arguments = ["all", *arguments]
    raise SystemExit(main(arguments))
