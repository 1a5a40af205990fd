from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.discover import page as discover
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the list with its controls."""
    if widgets.check_profile(
        "A list of tracks chosen for you, with sliders that move it and a reason for each."
    ):
        discover.draw()


state.run_guarded(page)
