"""Start the dashboard: what the command does where nothing else is asked of it."""

from __future__ import annotations

import subprocess
import sys

from musicai.core.settings import PROJECT_ROOT, child_environment, load_settings


def start_dashboard() -> int:
    """Serve the dashboard until it is stopped, from any folder.

    Streamlit looks for its configuration, which keeps it on this machine's own address, in the
    folder that it runs in.

    Returns:
        Streamlit's exit code; 0 where the person stopped it.

    Raises:
        SettingsError: the data folder cannot be used.
    """
    settings = load_settings()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    try:
        return subprocess.run(
            command, cwd=PROJECT_ROOT, env=child_environment(settings), check=False
        ).returncode
    except KeyboardInterrupt:
        return 0
