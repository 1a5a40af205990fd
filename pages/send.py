from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the list that is to be sent."""
    from musicai.ui.spotify import send  # noqa: PLC0415 (loads the client of Spotify, here alone)

    if widgets.check_profile("A list of yours on its way to your account at Spotify."):
        send.draw()


state.run_guarded(page)
