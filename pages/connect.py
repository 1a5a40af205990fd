from musicai.ui import state
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The set-up, or the connection with its lists; nothing here needs a listener."""
    from musicai.ui.spotify import connect  # noqa: PLC0415 (loads the client of Spotify, here alone)

    connect.draw()


state.run_guarded(page)
