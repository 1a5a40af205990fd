from musicai.ui import home_panel, state
from musicai.ui.frame import begin_page

begin_page()
state.guarded(home_panel.draw)
