"""Other recommenders beside ours, each in an environment of its own; never imported by musicai."""
