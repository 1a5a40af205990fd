from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.map import page as map_panel

begin_page()


def page() -> None:
    """The empty state, or the music map of the chosen listener."""
    if widgets.check_profile(
        "All tracks on a map, alike ones near each other: yours among them, regions to start "
        "from, and paths from one track to another."
    ):
        map_panel.draw()


state.run_guarded(page)
