"""The lists of a connected account: read with progress, shown, matched with the library, used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from musicai.core.errors import SignInNeeded
from musicai.integrations.spotify import consent, matching
from musicai.integrations.spotify.matching import Matched
from musicai.integrations.spotify.parsing import ApiArtist, ApiPlaylist, ApiTrack
from musicai.integrations.spotify.session_library import LISTS, PLAYLIST, Listing, read
from musicai.library.import_report import ImportReport
from musicai.ui import state, wording
from musicai.ui.components import playlist_draft, seeds
from musicai.ui.spotify import play_button
from musicai.ui.spotify import session as spotify_session
from musicai.ui.spotify.session import SpotifySession

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_READ_NEXT = "spotify_read"
"""Session key: lists to read with this draw."""

_MISSING_SHOWN = 200


def draw(session: SpotifySession) -> None:
    """Reading, one list at a time, and what can be done with it."""
    st.subheader("Your lists at Spotify", anchor=False)
    wanted = st.session_state.pop(_READ_NEXT, None)
    if wanted:
        _read(session, wanted)
    _buttons(session)
    shelf = session.shelf
    if not shelf.listings:
        st.caption(
            "Nothing is read yet. Reading takes a few seconds; what comes stays in memory and goes "
            "with this tab."
        )
        return
    key = st.selectbox(
        "List",
        list(shelf.listings),
        format_func=lambda one: _label(shelf.listings[one]),
        key="spotify_list",
        persist_state="session",
    )
    _draw_one(session, shelf.listings[key])


def _label(listing: Listing) -> str:
    count = f"{len(listing.rows):,}"
    if not listing.done:
        count += f" of {listing.total:,}" if listing.total else ", unfinished"
    return f"{wording.clean_text(listing.label, 60)} · {count}"


# --- reading --------------------------------------------------------------------------


def _buttons(session: SpotifySession) -> None:
    unfinished = session.shelf.list_unfinished()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Read them again" if session.shelf.listings else "Read my lists",
            key="spotify_read_all",
            type="secondary" if session.shelf.listings else "primary",
            icon=":material/download:",
            on_click=_ask_for,
            args=(list(LISTS),),
        )
        if unfinished:
            st.button(
                f"Continue ({wording.format_count(len(unfinished), 'list')})",
                key="spotify_continue",
                type="primary",
                icon=":material/resume:",
                on_click=_ask_for,
                args=(unfinished,),
                help="Goes on where reading stopped; what was read is not asked again.",
            )
    _own_playlists(session)


def _own_playlists(session: SpotifySession) -> None:
    own = {one.playlist_id: one for one in session.shelf.own_playlists()}
    if not own:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "A playlist of yours",
            list(own),
            format_func=lambda one: _playlist_label(own[one]),
            key="spotify_playlist",
            persist_state="session",
        )
        st.button(
            "Read it",
            key="spotify_read_one",
            on_click=_ask_for,
            args=([PLAYLIST + chosen],),
        )
        if len(own) > 1:
            st.button(
                f"Read all {len(own):,}",
                key="spotify_read_playlists",
                type="tertiary",
                on_click=_ask_for,
                args=([PLAYLIST + one for one in own],),
            )


def _playlist_label(one: ApiPlaylist) -> str:
    count = f" · {wording.format_count(one.total, 'track')}" if one.total is not None else ""
    return wording.clean_text(one.name, 60) + count


def _ask_for(keys: Sequence[str]) -> None:
    st.session_state[_READ_NEXT] = list(keys)


def _read(session: SpotifySession, keys: Sequence[str]) -> None:
    """Read while the page is drawn; any press on the page stops it, and what came stays."""
    with st.container(border=True):
        bar = st.progress(0.0, "Asking Spotify…")
        st.button("Stop", key="spotify_stop", icon=":material/stop:")

        def progress(fraction: float, note: str = "") -> None:
            bar.progress(min(fraction, 1.0), wording.escape_markdown(note))

        read(session.client, session.shelf, keys, progress)
    if spotify_session.current() is None:  # the way to sign in again is drawn instead
        # none where it was ended from another session after all had been read
        read_now = [session.shelf.listings[key] for key in keys if key in session.shelf.listings]
        failure = next((one.failure for one in read_now if one.failure), "")
        if failure:
            state.keep_error(SignInNeeded(failure))
    st.rerun()


# --- one list -------------------------------------------------------------------------


def _draw_one(session: SpotifySession, listing: Listing) -> None:
    if listing.failure:
        st.warning(wording.escape_markdown(listing.failure, 1_000), icon=":material/warning:")
    elif not listing.done:
        st.caption("Reading was stopped; “Continue” goes on.")
    if listing.left_out:
        parts = [f"{n:,} {why}" for why, n in listing.left_out.most_common()]
        st.caption(f"Left out: {wording.join_list(parts)}.")
    if not listing.rows:
        st.caption("It is empty." if listing.done else "Nothing of it is read yet.")
        return
    if listing.kind == "tracks":
        _tracks(session, listing)
    else:
        _heads(listing)
    st.caption(
        "Titles, artists and albums in this list are [from Spotify](https://open.spotify.com); "
        "each row leads back there."
    )


_LINK = {
    "Here": st.column_config.CheckboxColumn(
        width="small", help="In your music, or in a catalogue that you switched on."
    ),
    "Open": st.column_config.LinkColumn("Spotify", display_text="Open Spotify", width="small"),
}


def _heads(listing: Listing) -> None:
    """Artists or playlists."""
    columns: dict[str, list[str]] = {"Name": [], "By": [], "Open": []}
    heads: list[ApiArtist | ApiPlaylist] = [*listing.artists, *listing.playlists]
    for row in heads:
        columns["Name"].append(wording.clean_text(row.name))
        columns["By"].append(wording.clean_text(row.owner) if isinstance(row, ApiPlaylist) else "")
        columns["Open"].append(row.url)
    if not listing.playlists:
        del columns["By"]
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        key=f"spotify_heads_{listing.key}",
        column_config=_LINK,
        alt=f"{len(listing.rows)} rows of {wording.clean_text(listing.label, 60)}",
    )


def _tracks(session: SpotifySession, listing: Listing) -> None:
    tracks = listing.tracks
    ai = state.get_current_ai() if state.get_current_profile() is not None else None
    found = _get_matched(session, listing, ai) if ai is not None else None
    frame = _frame(tracks, found)
    event = st.dataframe(
        frame,
        hide_index=True,
        key=f"spotify_tracks_{listing.key}_{len(tracks)}",
        column_config=_LINK,
        on_select="rerun",
        selection_mode="multi-row",
        alt=f"{len(tracks)} tracks of {wording.clean_text(listing.label, 60)}",
    )
    picked = [row for row in event.selection.rows if row < len(tracks)]
    if found is not None and ai is not None:
        _report(ai, found)
        _actions(ai, found, picked)
    play_button.button([tracks[row] for row in picked] or tracks, "spotify_play")


def _frame(tracks: Sequence[ApiTrack], found: Matched | None) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "Title": [wording.clean_text(track.name) for track in tracks],
        "By": [wording.clean_text(wording.join_artists(track.artists)) for track in tracks],
    }
    if found is not None:
        columns["Here"] = [bool(row >= 0) for row in found.rows]
    columns["Album"] = [wording.clean_text(track.album) for track in tracks]
    columns["Open"] = [track.url or None for track in tracks]
    return pd.DataFrame(columns)


def _get_matched(session: SpotifySession, listing: Listing, ai: MusicAI) -> Matched:
    key = listing.key, listing.read, ai.library.fingerprint
    if key not in session.matches:
        session.matches[key] = matching.match(ai.library, listing.tracks)
    return session.matches[key]


def _report(ai: MusicAI, found: Matched) -> None:
    there = len(found.tracks) - len(found.missing)
    how = [f"{n:,} {matching.HOW[method]}" for method, n in found.by_method.items()]
    whose = "the invented sample" if ai.library.invented else "your music or catalogues"
    text = f"**{there:,} of {len(found.tracks):,}** are in {whose}"
    st.markdown(f"{text}: {wording.join_list(how)}." if how else f"{text}.")
    missing = found.missing
    if not missing:
        return
    with st.expander(f"{wording.format_count(len(missing), 'track')} not found here"):
        st.caption(
            "They show and can be opened, but cannot be started from: nothing is known of them "
            "here. A catalogue on Library may bring them."
        )
        lines = [
            f"- {wording.escape_markdown(one.name, 80)} — "
            f"{wording.escape_markdown(wording.join_artists(one.artists), 60)}"
            for one in missing[:_MISSING_SHOWN]
        ]
        if len(missing) > len(lines):
            lines.append(f"- and {len(missing) - len(lines):,} more")
        st.markdown("\n".join(lines))


def _actions(ai: MusicAI, found: Matched, picked: Sequence[int]) -> None:
    rows = [int(found.rows[row]) for row in picked if found.rows[row] >= 0]
    if not picked:
        rows = [int(row) for row in found.matched_rows]
    ids = [ai.library.vocabulary.id(row) for row in dict.fromkeys(rows)]
    which = "the selected" if picked else "these"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Start from {which}",
            key="spotify_seeds",
            type="primary",
            icon=":material/explore:",
            disabled=not ids,
            on_click=_start_from,
            args=(ids,),
            help=f"Discover starts from the first {seeds.MAX_SEEDS} that are found here.",
        )
        st.button(
            f"Add {wording.format_count(len(ids), 'track')} to list",
            key="spotify_add",
            icon=":material/playlist_add:",
            type="tertiary",
            disabled=not ids,
            on_click=playlist_draft.add_tracks,
            args=(ids,),
            help="As they are in your library; what is not found here stays at Spotify.",
        )


def _start_from(ids: Sequence[str]) -> None:
    seeds.set_seeds(*ids[: seeds.MAX_SEEDS])
    state.go_to("pages/discover.py", {})


_TOLD = "spotify_kept"
"""Session key: what keeping came to, to be said once."""


def draw_consent(session: SpotifySession, profile: str) -> None:
    """The clause, the switch, and the button that works only when it is on; not for the sample."""
    if state.read_profile(profile).invented:
        return
    with st.expander("Keep it in your profile, and learn from it", icon=":material/gavel:"):
        st.markdown(
            "What musicai reads through Spotify's API it forgets with this tab, and learns "
            "nothing from it. Spotify's terms for developers say: "
            f"“{wording.CLAUSE}” They also forbid keeping it for ever. Whether that binds "
            "your own lists on your own machine is for you to judge."
        )
        allowed = bool(state.read_profile(profile).train_on_api_rows)
        key = f"spotify_consent_{profile}"
        st.toggle(
            "I have read this. Keep my lists here, and train on them",
            value=allowed,
            key=key,
            on_change=_switch,
            args=(profile, key),
        )
        _keep_button(session, profile, allowed=allowed)


def _switch(profile: str, key: str) -> None:
    state.attempt(lambda: state.get_store().set_consent(profile, bool(st.session_state[key])))


def _keep_button(session: SpotifySession, profile: str, *, allowed: bool) -> None:
    listings = consent.worth_keeping(session.shelf)
    rows = sum(len(listing.rows) for listing in listings)
    st.button(
        f"Keep {wording.format_count(len(listings), 'list')} with "
        f"{wording.format_count(rows, 'track')}",
        key="spotify_keep",
        icon=":material/save:",
        disabled=not (allowed and listings),
        on_click=_keep,
        args=(profile,),
    )
    if not listings:
        st.caption("Read your saved tracks, top lists or playlists first.")
    told = st.session_state.pop(_TOLD, None)
    if told:
        st.success(told)
    imports = consent.list_api_imports(state.get_store(), profile)
    if imports:
        st.caption(
            "Kept now: they stand among your imports on Library, and “Disconnect” deletes them. "
            "The next training learns from them while the switch is on."
        )


def _keep(profile: str) -> None:
    session = spotify_session.current()
    if session is None:
        return

    def act() -> None:
        report = consent.keep(state.get_store(), state.get_settings(), profile, session.shelf)
        state.forget_loaded()
        st.session_state[_TOLD] = _words(report)

    state.attempt(act)


def _words(report: ImportReport) -> str:
    counts = report.playlist_rows
    parts = [f"{wording.format_count(counts.imported, 'row')} kept"]
    if counts.duplicate:
        parts.append(f"{counts.duplicate:,} were here already")
    return f"{', '.join(parts)}."
