from musicai.ui import home, state
from musicai.ui.frame import begin_page

begin_page()
state.run_guarded(home.draw)
