from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.playlists import page as playlists_panel

begin_page()


def page() -> None:
    """The empty state, or the playlists of the chosen listener."""
    if widgets.check_profile(
        "Your lists: the one you are putting together, saved ones, imported ones."
    ):
        playlists_panel.draw()


state.run_guarded(page)
