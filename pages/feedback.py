from musicai.ui import feedback, state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or what the chosen listener said of tracks."""
    if widgets.check_profile("Every like and dislike, and a way to take each back."):
        feedback.draw()


state.run_guarded(page)
