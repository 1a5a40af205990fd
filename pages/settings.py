from musicai.ui import settings, state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the settings of the chosen listener."""
    if widgets.check_profile("Your time zone, and other things that hold on every page."):
        settings.draw()


state.run_guarded(page)
