"""The door: ``streamlit run streamlit_app.py``."""

from musicai.ui.frame import run_app

run_app()
