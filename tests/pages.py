"""The pages as Streamlit's own test harness runs them."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


def run(stirred: Any) -> AppTest:
    """One run of the app, or of a widget that was just used; it must not crash."""
    app: AppTest = stirred.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def opened(page: str = "home.py", **params: Any) -> AppTest:
    """The app on a page, as after a click in the navigation."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    if page == "home.py":
        return run(app)
    run(app)
    for name, value in params.items():
        app.query_params[name] = value
    return run(app.switch_page(f"pages/{page}"))
