from musicai.ui import state
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The set-up, or the connection with its lists; nothing here needs a listener."""
    from musicai.ui import connect_panel  # noqa: PLC0415 (loads the client of Spotify, here alone)

    connect_panel.draw()


state.guarded(page)
