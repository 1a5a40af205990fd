"""New music: the catalogues that Discover chooses from, what each covers, and where to get one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from musicai.core import jobs
from musicai.core.errors import MusicAIError, NotFound
from musicai.core.jobs import JobStatus
from musicai.data.parsed import Problem
from musicai.library.coverage import CatalogCoverage, CatalogueReach, Reach, measure_coverage
from musicai.store import Catalogue
from musicai.store.catalog_changes import LONGEST_NAME, LONGEST_NOTE
from musicai.store.catalogs import NEIGHBOURS, OPEN, TRACKS
from musicai.ui import state, wording
from musicai.ui.components import job_panel
from musicai.ui.library import importing
from musicai.ui.library.column_mapping import Upload

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from musicai.ai_model import MusicAI

_TAKEN = "catalogues_started"
"""Session key: how many files this session handed to a job; uploaders are emptied by a new key."""

_FATES = {"read": "Read", "kept": "Kept", "duplicate": "Repeated", "rejected": "Left out"}
"""What became of a row; all but the first add up to the first."""

_REACH = {
    "artists": ("Your artists in them", "artists"),
    "plays_of_artists": ("Your plays by these artists", "plays"),
    "plays_matched": ("Your plays of a track that is matched", "plays"),
    "new_tracks": ("Tracks of your artists that are new to you", None),
}
"""What is covered: what the screen calls it, and the whole that it is a share of."""


def upload_key(base: str) -> str:
    """The uploader's key; it changes with every file that is taken."""
    return f"{base}_{st.session_state.get(_TAKEN, 0)}"


def start(upload: Upload, profile: str, *command: str, name: str | None = None) -> None:
    """Spool the file and start ``catalogues COMMAND…`` on it as a job.

    Args:
        upload: The file.
        profile: Whose library is prepared with it.
        command: The action, and its options as one word each.
        name: The catalogue that the action is about, if there is one already.

    Raises:
        JobError: the job could not be started; the file is not kept then.
    """
    spool = jobs.spool(state.get_settings(), [(upload.name, upload.getvalue())])
    argv = ["catalogues", *command, "--profile", profile, "--spool", str(spool)]
    argv += [] if name is None else ["--", name]
    try:
        job_panel.start_job("catalogue", argv)
    except MusicAIError:
        jobs.discard_spool(state.get_settings(), spool)
        raise
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def report(profile: str) -> None:
    """What became of the file that was taken last, while its catalogue has these tracks."""
    job = jobs.find_latest(state.get_settings(), profile, "catalogue")
    if job is None or job.state != "done" or not job.result.get("catalogue"):
        return
    fresh = st.session_state.get(state.JOB) == job.id
    title = f"The last file, {wording.format_date_time(job.started_at)}"
    with st.expander(title, expanded=fresh, icon=":material/fact_check:"):
        st.markdown(f"{describe_result(job)} It took {wording.format_seconds(job.seconds)}.")
        _rows(job.result["rows"])
        if job.result.get("coverage"):
            _draw_coverage(job.result["coverage"])
        problems = [Problem(p["file"], p["where"], p["why"]) for p in job.result["problems"]]
        importing.problem_list(problems, int(job.result["n_problems"]), key=f"taken_{job.id}")


def describe_result(job: JobStatus) -> str:
    """What a finished job did, in one sentence of Markdown."""
    told = job.result
    name = f"“{wording.escape_markdown(str(told['catalogue']))}”"
    tracks = wording.format_count(int(told["tracks"]), "track")
    if told["replaced"] is None:
        return f"{name} is added with {tracks}" + (" and switched on." if told["enabled"] else ".")
    return f"{name} has {tracks} now; it had {int(told['replaced']):,}."


def _rows(rows: Mapping[str, int]) -> None:
    st.table(
        {label: [f"{int(rows[fate]):,}"] for fate, label in _FATES.items()},
        hide_index=True,
        border="horizontal",
        alt="What became of every row of the file",
    )


def _draw_coverage(found: Mapping[str, Any]) -> None:
    st.table(
        coverage_table(found),
        hide_index=True,
        border="horizontal",
        alt="What the catalogues that are switched on cover, before this file and with it",
    )


def coverage_table(found: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """What all catalogues that are switched on covered before, and cover now."""
    columns: dict[str, list[str]] = {"All that are switched on": [], "Before": [], "Now": []}
    for what, (label, whole) in _REACH.items():
        columns["All that are switched on"].append(label)
        for column, when in (("Before", "before"), ("Now", "after")):
            number = int(found[when][what])
            of = int(found[whole]) if whole else 0
            share = f" ({wording.format_share(number / of)})" if of else ""
            columns[column].append(f"{number:,}{share}")
    return dict(columns)


WHERE = (
    (
        "Songs by genre (TidyTuesday, 2020)",
        "About 30,000 tracks of six genres, with all audio features. The file is called "
        "`spotify_songs.csv`; look for the TidyTuesday data of 21 January 2020.",
    ),
    (
        "114,000 tracks by genre",
        "1,000 tracks for each of 114 genres, with all audio features: the public “Spotify tracks "
        "dataset”, a file `dataset.csv` with the columns track_id, artists, album_name, "
        "track_name and track_genre.",
    ),
    (
        "Public playlists, through Exportify",
        "Export a public playlist of somebody whose choice you trust, with audio features if they "
        "are offered, and add the CSV here. Dropped into “Add music” instead, it would count as a "
        "playlist of yours, and its tracks as met.",
    ),
    (
        "Any table of your own",
        "A CSV with the columns track_name and artists, and at least three of danceability, "
        "energy, valence, acousticness, instrumentalness, liveness, speechiness, tempo and "
        "loudness. A track_id, genre, album, release date, duration_ms, popularity and ISRC "
        "help to match it with your music.",
    ),
)
"""Tables that fit, by the names under which they are known, and what they hold."""

LICENCE_NOTE = (
    "Such tables were collected from Spotify, whose terms bind those who collected them, whatever "
    "licence the table is offered under. They are yours to fetch and look at on your own machine; "
    "musicai neither brings them along nor passes them on. Note the licence you found beside the "
    "catalogue."
)


def show_catalogues(ai: MusicAI, profile: str) -> None:
    """The catalogues of a profile, with their switches, and the way to get and add one.

    Args:
        ai: The loaded profile.
        profile: Its name.
    """
    invented = ai.library.invented
    st.subheader("Catalogues", anchor=False)
    st.caption("Where Discover finds tracks that you have never played.")
    fitting = [
        one
        for one in state.get_store().catalogues(profile)
        if one.kind != NEIGHBOURS and one.invented == invented
    ]
    found = _coverage(profile) if fitting else None
    for one in fitting:
        _catalogue(one, profile, found)
    if not fitting:
        st.markdown("No catalogue yet, so only your own music can be recommended.")
    elif found is not None and found.n_plays:
        _together(found)
    if not invented:
        _add(profile)
        _where(unfolded=not fitting)


# --- one catalogue --------------------------------------------------------------------


def _catalogue(one: Catalogue, profile: str, found: CatalogCoverage | None) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            key = f"catalogue_{profile}_{one.id}"
            st.toggle(
                wording.escape_markdown(one.name),
                value=one.enabled,
                key=key,
                on_change=_switch,
                args=(profile, one.name, key),
            )
            st.caption(_facts(one))
        if found is not None:
            reach = found.each.get(one.name)
            if reach is None:
                st.caption(
                    ":material/error: Its tracks are gone or damaged. Replace them, or remove it."
                )
            elif found.n_artists:
                st.caption(_covers(reach, found, enabled=one.enabled))
        panel = st.expander("Change", key=f"catalogue_change_{one.id}", on_change="rerun")
        if panel.open:
            with panel:
                _change(one, profile)


def _facts(one: Catalogue) -> str:
    parts = [wording.format_count(one.n_tracks, "track")]
    if one.kind == OPEN:
        parts.append("found for you through open data")
    else:
        parts.append(f"from {wording.escape_markdown(one.origin)}")
    parts.append(
        f"licence: {wording.escape_markdown(one.licence)}" if one.licence else "licence not noted"
    )
    if one.updated_at is not None:
        parts.append(f"updated {wording.format_short_date(one.updated_at)}")
    return " · ".join(parts)


def _covers(reach: CatalogueReach, found: CatalogCoverage, *, enabled: bool) -> str:
    """What a catalogue covers by itself, and what the whole gains or would gain by it."""
    gain = "Without it" if enabled else "With it"
    other = reach.without if enabled else reach.together
    return (
        f"By itself: {_shares(reach.alone, found)}. "
        f"{gain}, all that are switched on: {_shares(other, found)}."
    )


def _shares(reach: Reach, found: CatalogCoverage) -> str:
    parts = [f"{_share(reach.artists, found.n_artists)} of your artists"]
    if found.n_plays:
        parts.append(f"{_share(reach.plays_of_artists, found.n_plays)} of your plays by artist")
        parts.append(f"{_share(reach.plays_matched, found.n_plays)} by track")
    tracks = wording.format_count(reach.new_tracks, "track")
    return ", ".join(parts) + f", and {tracks} of your artists that you do not have"


def _share(part: int, whole: int) -> str:
    return wording.format_share(part / whole) if whole else "none"


def _together(found: CatalogCoverage) -> None:
    on = found.enabled
    st.caption(
        f"All that are switched on: {on.artists:,} of your {found.n_artists:,} artists "
        f"({_share(on.artists, found.n_artists)}); of your "
        f"{wording.format_count(found.n_plays, 'play')}, "
        f"{on.plays_of_artists:,} are by them and {on.plays_matched:,} are of a track that is "
        f"matched ({_share(on.plays_matched, found.n_plays)}); "
        f"{wording.format_count(on.new_tracks, 'track')} of your artists are new to you. "
        "Artists are main artists, by name."
    )


def _coverage(profile: str) -> CatalogCoverage:
    store = state.get_store()
    listed = tuple(
        (c.name, c.digest, c.enabled, c.path.is_file()) for c in store.catalogues(profile)
    )
    return _draw_preview(
        str(state.get_settings().home), profile, store.fingerprint(profile), listed
    )


@st.cache_data(max_entries=8, show_spinner="Looking at what the catalogues cover…")
def _draw_preview(
    home: str, profile: str, fingerprint: str, listed: tuple[Any, ...]
) -> CatalogCoverage:
    return measure_coverage(state.get_store(), state.get_settings(), profile)


# --- changing one ---------------------------------------------------------------------


def _change(one: Catalogue, profile: str) -> None:
    left, right = st.columns(2)
    left.text_input("Name", value=one.name, max_chars=LONGEST_NAME, key=f"catalogue_name_{one.id}")
    right.text_input(
        "Licence",
        value=one.licence,
        max_chars=LONGEST_NOTE,
        key=f"catalogue_licence_{one.id}",
        help="As the place you got it from states it. It is kept and shown, nothing more.",
    )
    st.text_input(
        "Where it is from", value=one.origin, max_chars=LONGEST_NOTE, key=f"catalogue_from_{one.id}"
    )
    newer = None
    if one.kind == TRACKS:
        newer = st.file_uploader(
            "Newer tracks for it",
            key=upload_key(f"catalogue_newer_{one.id}"),
            help="They replace those it has now; its name, and who uses it, stay.",
        )
    with st.container(horizontal=True):
        st.button("Save", key=f"catalogue_save_{one.id}", on_click=_save, args=(one,))
        if newer is not None:
            st.button(
                "Replace its tracks",
                key=f"catalogue_update_{one.id}",
                icon=":material/sync:",
                on_click=_replace,
                args=(one, newer, profile),
                disabled=job_panel.find_running() is not None,
            )
        if st.button("Remove…", key=f"catalogue_remove_{one.id}", icon=":material/delete:"):
            _confirm_removal(one, profile)


def _save(one: Catalogue) -> None:
    # read here: what was typed last is newer than what the page was drawn with
    name, licence, origin = (
        st.session_state[f"catalogue_{what}_{one.id}"] for what in ("name", "licence", "from")
    )
    state.attempt(lambda: _save_changes(one, name, origin, licence))


def _save_changes(one: Catalogue, name: str, origin: str, licence: str) -> None:
    store = state.get_store()
    if (origin, licence) != (one.origin, one.licence):
        store.describe_catalogue(one.name, origin=origin, licence=licence)
    if name != one.name:
        store.rename_catalogue(one.name, name)
        state.forget_loaded()


def _switch(profile: str, name: str, key: str) -> None:
    state.attempt(
        lambda: state.get_store().enable_catalogue(profile, name, bool(st.session_state[key]))
    )


@st.dialog("Remove this catalogue?")
def _confirm_removal(one: Catalogue, profile: str) -> None:
    others = [
        wording.label_profile(p.name, p.invented)
        for p in state.list_profiles()
        if p.name != profile and _uses(p.name, one)
    ]
    st.markdown(
        f"**{wording.escape_markdown(one.name)}** and its "
        f"{wording.format_count(one.n_tracks, 'track')} go from "
        "this machine. Your own music stays; features and genres that it lent to your tracks go. "
        "The file you imported is not touched."
    )
    if others:
        st.markdown(
            f"These listeners use it too: {', '.join(map(wording.escape_markdown, others))}."
        )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="catalogue_remove_no"):
            st.rerun()
        if st.button("Remove", key="catalogue_remove_yes", type="primary"):
            state.attempt(lambda: state.get_store().remove_catalogue(one.name))
            st.rerun()


def _uses(profile: str, one: Catalogue) -> bool:
    try:
        return state.get_store().catalogue(one.name, profile).enabled
    except NotFound:
        return False


# --- taking a file --------------------------------------------------------------------


def _add(profile: str) -> None:
    st.subheader("Add a catalogue", anchor=False)
    with st.container(border=True):
        given = st.file_uploader(
            "A table of tracks (CSV, also gzipped or in a zip)",
            key=upload_key("catalogue_file"),
        )
        left, right = st.columns(2)
        left.text_input(
            "Name",
            key="catalogue_new_name",
            max_chars=LONGEST_NAME,
            placeholder="The file's name",
        )
        right.text_input("Licence", key="catalogue_new_licence", max_chars=LONGEST_NOTE)
        st.button(
            "Add",
            key="catalogue_add",
            icon=":material/library_add:",
            disabled=given is None or job_panel.find_running() is not None,
            on_click=_take,
            args=(profile, given),
        )
    report(profile)


def _take(profile: str, given: UploadedFile) -> None:
    name, licence = (st.session_state[f"catalogue_new_{what}"] for what in ("name", "licence"))

    def act() -> None:
        # one word each: what begins with a dash is no option of the command line then
        start(given, profile, "add", f"--name={name}", f"--licence={licence}")
        for what in ("name", "licence"):
            st.session_state[f"catalogue_new_{what}"] = ""

    state.attempt(act)


def _replace(one: Catalogue, given: UploadedFile, profile: str) -> None:
    state.attempt(lambda: start(given, profile, "update", name=one.name))


# --- where to get one -----------------------------------------------------------------


def _where(*, unfolded: bool) -> None:
    with st.expander("Where to get one", expanded=unfolded, icon=":material/travel_explore:"):
        for name, what in WHERE:
            st.markdown(f"**{name}.** {what}")
        st.caption(LICENCE_NOTE)
