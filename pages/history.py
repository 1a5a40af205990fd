from musicai.ui import history_panel, state, widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the history of the chosen listener."""
    if widgets.ready(
        "Your listening over time: figures, days, sessions, what you played most and how that "
        "changed, and what you have not heard for long."
    ):
        history_panel.draw()


state.guarded(page)
