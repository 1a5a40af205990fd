"""``python -m musicai``."""

from musicai.cli import main

raise SystemExit(main())
