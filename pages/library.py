from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.library import page as library_panel

begin_page()


def page() -> None:
    """The empty state with the drop zone, or what is here."""
    if widgets.check_profile(
        "What you imported, what is known of it, and where new music comes from."
    ):
        library_panel.draw()
    else:
        library_panel.draw_empty()


state.run_guarded(page)
