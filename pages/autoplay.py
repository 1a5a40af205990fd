from musicai.ui import autoplay, state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or a session of the chosen listener."""
    if widgets.check_profile(
        "A session that goes on from what you heard last, along an arc you choose."
    ):
        autoplay.draw()


state.run_guarded(page)
