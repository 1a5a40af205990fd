from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.models import page as models_panel

begin_page()


def page() -> None:
    """The empty state, or the versions with their figures."""
    if widgets.check_profile(
        "How well the model does on your own history, and a button to retrain it."
    ):
        models_panel.draw()


state.run_guarded(page)
