"""What the pages share: session keys, the open store, and everything that is cached.

Nothing is cached by a data frame. A loaded :class:`musicai.ai_model.MusicAI` is shared by all
sessions and never changed: new data or a new version have a new key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import cast

import streamlit as st

from musicai.ai_model import MusicAI
from musicai.core.errors import MusicAIError, NotFound
from musicai.core.logging import setup_logging
from musicai.core.settings import Settings, load_settings
from musicai.data.external_interactions import PackCoverage
from musicai.data.external_interactions import pack_coverage as coverage_of_pack
from musicai.data.feedback import Feedback
from musicai.data.periods import TIMEZONE_SETTING, Period, zone
from musicai.insights.history import ListeningHistory, charts, listening_history
from musicai.insights.history.charts import Codes
from musicai.insights.history.drift import Drift
from musicai.insights.history.drift import drift as find_drift
from musicai.insights.taste import TasteProfile, taste_profile
from musicai.insights.taste.plays import Plays, list_timed_plays
from musicai.integrations.enrichment import DescriptorCoverage, Plan, coverage, plan_for
from musicai.integrations.spotify.auth import WaitingRoom
from musicai.models.music_map import MusicMap
from musicai.models.registry.registry import active, load_map
from musicai.ranking.autoplay import AutoplayOptions, AutoplaySession, autoplay
from musicai.ranking.request import Request, Scored
from musicai.store import Profile, Store
from musicai.ui.wording import escape_markdown

PROFILE = "profile"
"""Session key: the name of the listener whose music the pages show."""
_NEXT_PROFILE = "next_profile"
"""Session key: a profile to switch to when the selector is drawn next."""
_NEXT_PAGE = "next_page"
"""Session key: a page to switch to when the frame is drawn next, and its address."""
_ERROR = "kept_error"
PRESET_SETTING = "weights_preset"
"""Profile setting: the preset of weights that stands for the version's own, after it has won."""
JOB = "job"
"""Session key: the id of the job this session started last."""


def get_settings() -> Settings:
    """Paths and limits from the environment."""
    return load_settings()


@st.cache_resource(max_entries=4, show_spinner=False)
def _open_store(home: str) -> Store:  # the folder is the key
    setup_logging(load_settings())
    return Store(load_settings())


def get_store() -> Store:
    """The open database of this data folder."""
    return _open_store(str(get_settings().home))


@st.cache_resource(show_spinner=False)
def get_waiting_room() -> WaitingRoom:
    """Sign-ins at Spotify that are under way; each is known by its own secret name alone."""
    return WaitingRoom()


_LOADING = threading.Lock()
"""One profile is loaded at a time: two sessions that ask at once get the same object."""


def list_profiles() -> list[Profile]:
    """All profiles: real listeners by name, the invented sample last."""
    return sorted(get_store().profiles(), key=lambda p: (p.invented, p.name.lower()))


def settle_profile(labels: Mapping[str, str]) -> None:
    """Make sure the chosen profile is there; call before the selector is drawn.

    Args:
        labels: Name → what the selector shows, which is also what stands in the address.
    """
    names = list(labels)
    linked = {label: name for name, label in labels.items()}
    wanted = (
        st.session_state.pop(_NEXT_PROFILE, None)
        or st.session_state.get(PROFILE)
        or linked.get(st.query_params.get(PROFILE, ""))
    )
    if wanted not in names:
        wanted = names[0]
    if st.session_state.get(PROFILE) != wanted:
        st.session_state[PROFILE] = wanted


def choose_profile(name: str) -> None:
    """Show this profile from the next full run on.

    The selector's own key cannot be set once it is drawn, so the wish is kept beside it.
    """
    st.session_state[_NEXT_PROFILE] = name


def go_to(page: str, address: Mapping[str, str]) -> None:
    """Show another page with these parameters in its address; for callbacks."""
    st.session_state[_NEXT_PAGE] = (page, dict(address))


def follow_wish() -> None:
    """Switch to the page that a callback asked for; the first thing that the frame does."""
    wish = st.session_state.pop(_NEXT_PAGE, None)
    if wish is not None:
        st.switch_page(wish[0], query_params=wish[1])


def get_current_profile() -> str | None:
    """The chosen profile's name, or None while there is none."""
    name = st.session_state.get(PROFILE)
    if name is not None and any(p.name == name for p in list_profiles()):
        return str(name)
    found = list_profiles()
    return found[0].name if found else None


def read_profile(name: str) -> Profile:
    """The stored record of a profile."""
    return get_store().profile(name)


def find_active_version(profile: str) -> str | None:
    """The model version in use for a profile."""
    return active(get_settings(), get_store(), profile)


def get_current_ai() -> MusicAI:
    """The chosen profile, loaded, with its active model version.

    Raises:
        NotFound: there is no profile yet.
    """
    name = get_current_profile()
    if name is None:
        raise NotFound("There is no music yet. Load the sample or import an export on Home.")
    return get_ai(name)


def get_ai(name: str) -> MusicAI:
    """A profile, loaded, with its active model version.

    Raises:
        NotFound: there is no profile of that name.
    """
    with _LOADING:
        version = find_active_version(name) or ""
        fingerprint = get_store().fingerprint(name)
        ai = _load_ai(str(get_settings().home), name, fingerprint, version)
    told = get_store().feedback(name)
    # what rests today may be shown tomorrow
    today = datetime.now(UTC).date().isoformat()
    return _apply_feedback(
        str(get_settings().home), name, fingerprint, version, repr(told), today, ai, told
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _apply_feedback(
    home: str,
    profile: str,
    fingerprint: str,
    version: str,
    told: str,
    today: str,
    _ai: MusicAI,
    _told: tuple[Feedback, ...],
) -> MusicAI:
    return _ai.heeding(_told)


def get_ai_at_version(ai: MusicAI, version: str) -> MusicAI:
    """The same profile served by another of its versions.

    Raises:
        NotFound: there is no such version.
        ModelError: it cannot be used.
    """
    if version == ai.version:
        return ai
    with _LOADING:
        other = _load_version(str(get_settings().home), ai.profile, ai.library.fingerprint, version)
    return other.heeding(get_store().feedback(ai.profile))


@st.cache_resource(max_entries=2, show_spinner="Opening the other model…")
def _load_version(home: str, profile: str, fingerprint: str, version: str) -> MusicAI:
    return MusicAI(profile, settings=get_settings(), version=version)


@st.cache_resource(max_entries=4, show_spinner="Opening your music…")
def _load_ai(home: str, profile: str, fingerprint: str, version: str) -> MusicAI:
    return MusicAI(profile, settings=get_settings())


def forget_loaded() -> None:
    """Load every profile anew when it is asked for: something changed that no key tells."""
    _load_ai.clear()
    _apply_feedback.clear()
    _load_version.clear()


def get_scores(ai: MusicAI, request: Request) -> Scored:
    """All components' scores for a request: computed once, so that sliders only re-blend."""
    heeded = f"{ai.heeded} {datetime.now(UTC).date()}" if ai.heeded else ""
    return _compute_scores(
        ai.library.fingerprint, ai.version or "", heeded, request.key(), ai, request
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _compute_scores(
    fingerprint: str,
    version: str,
    heeded: str,
    key: str,
    _ai: MusicAI,
    _request: Request,
) -> Scored:
    return _ai.score(_request)


def get_session(ai: MusicAI, request: Request, wish: AutoplayOptions) -> AutoplaySession:
    """A session along an arc, computed once."""
    heeded = f"{ai.heeded} {datetime.now(UTC).date()}" if ai.heeded else ""
    key = f"{request.key()} {wish}"
    return _build_session(ai.library.fingerprint, ai.version or "", heeded, key, ai, request, wish)


@st.cache_resource(max_entries=16, show_spinner="Putting a session together…")
def _build_session(
    fingerprint: str,
    version: str,
    heeded: str,
    key: str,
    _ai: MusicAI,
    _request: Request,
    _wish: AutoplayOptions,
) -> AutoplaySession:
    return autoplay(_ai, _request, _wish)


def get_taste(ai: MusicAI, period: Period, timezone: str) -> TasteProfile:
    """The taste of the profile's owner in a period, in a time zone, computed once."""
    return _compute_taste(ai.library.fingerprint, period.since, period.until, timezone, ai)


@st.cache_resource(max_entries=16, show_spinner=False)
def _compute_taste(
    fingerprint: str,
    since: datetime | None,
    until: datetime | None,
    timezone: str,
    _ai: MusicAI,
) -> TasteProfile:
    return taste_profile(
        _ai.library,
        _ai.features,
        since=since,
        until=until,
        timezone=timezone,
        plays=get_plays(_ai, timezone),
    )


def get_history(ai: MusicAI, period: Period, timezone: str) -> ListeningHistory:
    """The history of the profile's owner in a period, in a time zone, computed once."""
    return _compute_history(ai.library.fingerprint, period.since, period.until, timezone, ai)


@st.cache_resource(max_entries=16, show_spinner=False)
def _compute_history(
    fingerprint: str,
    since: datetime | None,
    until: datetime | None,
    timezone: str,
    _ai: MusicAI,
) -> ListeningHistory:
    period = Period(since, until)
    mine = get_plays(_ai, timezone)
    return listening_history(_ai.library, _ai.features, period, timezone, plays=mine)


def get_drift(ai: MusicAI, period: Period, timezone: str) -> Drift:
    """How the taste of the profile's owner changed in a period, computed once."""
    return _compute_drift(ai.library.fingerprint, period.since, period.until, timezone, ai)


@st.cache_resource(max_entries=16, show_spinner=False)
def _compute_drift(
    fingerprint: str,
    since: datetime | None,
    until: datetime | None,
    timezone: str,
    _ai: MusicAI,
) -> Drift:
    return find_drift(_ai.features, get_plays(_ai, timezone).between(since, until))


def get_plays(ai: MusicAI, timezone: str) -> Plays:
    """All plays of the profile's owner as arrays, in a time zone, laid out once."""
    return _compute_plays(ai.library.fingerprint, timezone, ai)


@st.cache_resource(max_entries=2, show_spinner=False)
def _compute_plays(fingerprint: str, timezone: str, _ai: MusicAI) -> Plays:
    return list_timed_plays(_ai.library, 0, timezone)


def get_codes(ai: MusicAI) -> Codes:
    """What the profile's tracks count as in its history, worked out once."""
    return _compute_codes(ai.library.fingerprint, ai)


@st.cache_resource(max_entries=2, show_spinner=False)
def _compute_codes(fingerprint: str, _ai: MusicAI) -> Codes:
    return charts.codes(_ai.library, _ai.features)


def get_newest_play(ai: MusicAI) -> datetime | None:
    """The start of the owner's newest play; None without plays."""
    return _find_newest_play(ai.library.fingerprint, ai)


@st.cache_resource(max_entries=4, show_spinner=False)
def _find_newest_play(fingerprint: str, _ai: MusicAI) -> datetime | None:
    plays = _ai.library.plays
    mine = plays["played_at"][plays["listener"] == 0]
    return None if mine.empty else cast(datetime, mine.max().to_pydatetime())


def get_timezone_setting(profile: str) -> str | None:
    """The time zone that was chosen for a profile; None where the browser's holds."""
    chosen = get_store().settings_of(profile).get(TIMEZONE_SETTING)
    return str(chosen) if chosen else None


def set_timezone(profile: str, name: str | None) -> None:
    """Choose a profile's time zone by its IANA name; None for the browser's.

    Raises:
        QueryError: there is no such zone.
    """
    chosen = None if name is None else zone(name).key
    get_store().change_settings(profile, {TIMEZONE_SETTING: chosen})


def get_music_map(ai: MusicAI) -> MusicMap | None:
    """The music map of the version in use over the library's tracks; None where it has none."""
    if ai.version is None:
        return None
    return _load_music_map(str(get_settings().home), ai.version, ai.library.fingerprint, ai)


@st.cache_resource(max_entries=2, show_spinner="Opening the map…")
def _load_music_map(home: str, version: str, fingerprint: str, _ai: MusicAI) -> MusicMap | None:
    return load_map(get_settings(), get_store(), version, _ai.library.vocabulary)


def get_pack_coverage(ai: MusicAI, pack: str) -> PackCoverage | None:
    """How much an enabled neighbour pack says about the profile's music, computed once."""
    return _measure_pack(ai.library.fingerprint, pack, ai)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measure_pack(fingerprint: str, name: str, _ai: MusicAI) -> PackCoverage | None:
    packs = [pack for pack in _ai.library.neighbours if pack.name == name]
    return coverage_of_pack(_ai.library, packs[0]) if packs else None


def get_open_data_plan(ai: MusicAI) -> Plan:
    """Whose music open data would be asked about."""
    return _build_open_data_plan(ai.library.fingerprint, ai)


@st.cache_resource(max_entries=4, show_spinner=False)
def _build_open_data_plan(fingerprint: str, _ai: MusicAI) -> Plan:
    return plan_for(_ai.library)


def get_descriptor_coverage(ai: MusicAI) -> DescriptorCoverage:
    """How much of a profile's music AcousticBrainz measured."""
    library = ai.library
    return _measure_descriptors(
        library.fingerprint, get_store().measures_state(library.profile), ai
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _measure_descriptors(fingerprint: str, measures: str, _ai: MusicAI) -> DescriptorCoverage:
    return coverage(get_store(), _ai.library.profile, _ai.library)


def is_on_phone() -> bool:
    """Whether the browser says that it runs on a phone; panels start folded there."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def run_guarded(draw: Callable[[], None]) -> None:
    """Draw, and show an error that was raised on purpose as a message, not as a crash."""
    try:
        draw()
    except MusicAIError as error:
        show_error(error)


def keep_error(error: MusicAIError) -> None:
    """Show an error with the next draw."""
    st.session_state[_ERROR] = error


def attempt(action: Callable[[], object]) -> None:
    """Do something in a callback or dialog; an error is kept and shown with the next draw."""
    try:
        action()
    except MusicAIError as error:
        keep_error(error)


def show_kept_error() -> None:
    """Show the error that a callback left, once."""
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        show_error(error)


_TITLES = {
    "NoCandidates": "Nothing to choose from yet",
    "QueryError": "This cannot be asked for",
    "NotFound": "Not found",
    "JobRunning": "Another job is running",
    "StoreError": "The database cannot be used",
    "UnsafeFile": "This file was refused",
    "UnreadableFile": "This file cannot be read",
    "SignInRefused": "Not signed in",
    "SignInNeeded": "Sign in again",
    "NotAllowed": "Spotify does not allow this",
    "RateLimited": "Spotify asks for a pause",
    "QuotaSpent": "The quota at Spotify is used up",
    "SpotifyUnavailable": "Spotify does not answer",
}


def show_error(error: MusicAIError) -> None:
    """An error raised on purpose: a title for its kind, and what happened and what to do."""
    title = next((t for n, t in _TITLES.items() if n in _list_kinds(error)), "This did not work")
    st.error(escape_markdown(str(error), 2_000), title=title, icon=":material/error:")


def _list_kinds(error: MusicAIError) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}
