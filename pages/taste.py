from musicai.ui import state
from musicai.ui.components import widgets
from musicai.ui.frame import begin_page
from musicai.ui.taste import page as taste_panel

begin_page()


def page() -> None:
    """The empty state, or the taste of the chosen listener."""
    if widgets.check_profile(
        "What your music sounds like, which genres you live in, when you listen, and what is "
        "surprising in it."
    ):
        taste_panel.draw()


state.run_guarded(page)
