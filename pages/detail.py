from musicai.ui import detail, state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the artist or track of the address."""
    if widgets.check_profile(
        "One artist or track: when you first and last played it, and how often."
    ):
        detail.draw()


state.run_guarded(page)
