from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.history import page as history_panel

begin_page()


def page() -> None:
    """The empty state, or the history of the chosen listener."""
    if widgets.check_profile(
        "Your listening over time: figures, days, sessions, what you played most and how that "
        "changed, and what you have not heard for long."
    ):
        history_panel.draw()


state.run_guarded(page)
