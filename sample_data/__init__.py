"""The invented world that musicai is tried out with, and the script that makes it."""
