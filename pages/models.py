from musicai.ui import models_panel, state, widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the versions with their figures."""
    if widgets.ready("How well the model does on your own history, and a button to retrain it."):
        models_panel.draw()


state.guarded(page)
