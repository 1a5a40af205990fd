from musicai.ui import playlists_panel, state, widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the playlists of the chosen listener."""
    if widgets.ready("Your lists: the one you are putting together, saved ones, imported ones."):
        playlists_panel.draw()


state.guarded(page)
