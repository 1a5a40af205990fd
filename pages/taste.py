from musicai.ui import state, taste_panel, widgets
from musicai.ui.frame import begin_page

begin_page()


def page() -> None:
    """The empty state, or the taste of the chosen listener."""
    if widgets.ready(
        "What your music sounds like, which genres you live in, when you listen, and what is "
        "surprising in it."
    ):
        taste_panel.draw()


state.guarded(page)
