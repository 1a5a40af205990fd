"""Send: a list becomes a playlist at Spotify, new or written in place of one made from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from musicai.core.errors import SpotifyError
from musicai.data.playlists import SentPlaylist, artists_of
from musicai.integrations.spotify import auth, matching
from musicai.integrations.spotify import playlists as writing
from musicai.integrations.spotify.matching import Addressed
from musicai.integrations.spotify.parsing import ApiTrack
from musicai.ui import state, wording
from musicai.ui.components import widgets
from musicai.ui.spotify import play_button, send_request
from musicai.ui.spotify import session as spotify_session
from musicai.ui.spotify.session import SpotifySession

if TYPE_CHECKING:
    from musicai.ai_model import MusicAI

_TARGET = "send_target"
_NEW = ""
"""Option of the target: a new playlist."""

_SENT = "send_done"
"""Session key: (wish, playlist) that was sent last, to be told with the next draws."""

_LISTED = 200

_HOW = {
    "id": "known by Spotify's id",
    "found": "found there by name",
    "chosen": "chosen by you",
}


def draw() -> None:
    """The list on its way, step by step."""
    wish: send_request.SendRequest | None = st.session_state.get(send_request.WISH)
    ai = state.get_current_ai()
    widgets.draw_invented_note(ai.library.invented)
    if wish is None or not wish.tracks:
        st.markdown("There is no list on its way.")
        st.caption("“Send to Spotify” stands under Export on Discover and on each list of yours.")
        with st.container(horizontal=True):
            st.page_link("pages/playlists.py", label="Playlists", icon=":material/queue_music:")
            st.page_link("pages/discover.py", label="Discover", icon=":material/explore:")
        return
    st.markdown(
        f"**{wording.escape_markdown(wish.title, 100)}** · "
        f"{wording.format_count(len(wish.tracks), 'track')}"
    )
    session = spotify_session.current()
    if session is None:
        st.markdown(
            "You are not connected. At Spotify you will be asked whether musicai may see your "
            "playlists and make private ones; it then comes back here with this list."
        )
        spotify_session.sign_in_link(
            "Connect Spotify",
            (*auth.READING, auth.WRITING[0]),
            send_request.PAGE,
            "send_connect",
        )
        return
    found = _addresses(ai, session, wish)
    if found is None:
        return
    _report(session, found)
    _form(session, wish, found)


# --- what it is at Spotify ------------------------------------------------------------


def _addresses(
    ai: MusicAI, session: SpotifySession, wish: send_request.SendRequest
) -> dict[str, Addressed] | None:
    """Each track's address; those without an id are searched for while the page is drawn."""
    slot = st.empty()

    def progress(fraction: float, note: str = "") -> None:
        slot.progress(min(fraction, 1.0), wording.escape_markdown(note))

    try:
        found = matching.address_tracks(
            ai.library, wish.tracks, session.client.search, session.addresses, progress
        )
    except SpotifyError as error:
        spotify_session.draw_error(error)
        st.button("Go on", key="send_again", icon=":material/refresh:")
        return None
    slot.empty()
    return found


def _report(session: SpotifySession, found: Mapping[str, Addressed]) -> None:
    ready = [one for one in found.values() if one.uri]
    how = Counter(one.how for one in ready)
    parts = [f"{n:,} {_HOW[kind]}" for kind, n in how.most_common()]
    st.markdown(
        f"**{len(ready):,} of {len(found):,}** can be sent"
        + (f": {wording.join_list(parts)}." if parts else ".")
    )
    unsure = [one for one in found.values() if one.how in ("unsure", "chosen")]
    if unsure:
        st.markdown(f"**{wording.format_count(len(unsure), 'track')}** need your choice:")
        for one in unsure:
            _choice(session, one)
        st.caption("The candidates are [from Spotify](https://open.spotify.com).")
    missing = [one for one in found.values() if one.how in ("missing", "invented")]
    if missing:
        with st.expander(f"{wording.format_count(len(missing), 'track')} stay here", expanded=True):
            st.markdown("\n".join(_missing_line(one) for one in missing[:_LISTED]))


def _missing_line(one: Addressed) -> str:
    why = "invented" if one.how == "invented" else "not found at Spotify"
    artists = wording.join_artists(artists_of(one.listed))
    return (
        f"- {wording.escape_markdown(one.listed.name, 80)} — "
        f"{wording.escape_markdown(artists, 60)} ({why})"
    )


def _choice(session: SpotifySession, one: Addressed) -> None:
    by_id = {hit.track_id: hit for hit in one.candidates}
    options = ["", *by_id]
    st.selectbox(
        wording.escape_markdown(
            f"{one.listed.name} — {wording.join_artists(artists_of(one.listed))}", 120
        ),
        options,
        index=options.index(one.spotify_id) if one.spotify_id in by_id else 0,
        format_func=lambda hit: _hit(by_id[hit]) if hit else "Leave it out",
        key=f"send_choice_{one.listed.track_id}",
        on_change=_choose,
        args=(session, one),
    )


def _hit(hit: ApiTrack) -> str:
    length = f", {wording.format_seconds(hit.duration_ms / 1000)}" if hit.duration_ms else ""
    album = f", on {wording.clean_text(hit.album, 40)}" if hit.album else ""
    artists = wording.clean_text(wording.join_artists(hit.artists), 40)
    return f"{wording.clean_text(hit.name, 60)} — {artists}{album}{length}"


def _choose(session: SpotifySession, one: Addressed) -> None:
    track_id = one.listed.track_id
    picked = str(st.session_state[f"send_choice_{track_id}"])
    session.addresses[track_id] = matching.choose_candidate(one, picked)


# --- sending --------------------------------------------------------------------------


def _form(
    session: SpotifySession, wish: send_request.SendRequest, found: Mapping[str, Addressed]
) -> None:
    profile = state.get_current_ai().profile
    mine = {
        one.playlist_id: one
        for one in state.get_store().list_sent(profile, session.account.account_id)
    }
    target = _target(wish, mine)
    name, description, public = wish.title, "", False
    if target == _NEW:
        name = st.text_input("Name", wish.title[:100], max_chars=100, key="send_name")
        description = st.text_input(
            "Description", _description(wish), max_chars=300, key="send_description"
        )
        public = st.toggle("Public: others can find it", key="send_public")
    uris = [one.uri for one in found.values() if one.uri]
    scope = auth.WRITING[1] if public else auth.WRITING[0]
    if not spotify_session.is_allowed(session, scope):
        kind = "public" if public else "private"
        st.caption(f"musicai may not make {kind} playlists yet; Spotify asks you once.")
        spotify_session.sign_in_link(
            f"Allow making {kind} playlists", (scope,), send_request.PAGE, "send_allow"
        )
        return
    if st.button(
        "Write it in place" if target else "Send",
        key="send_now",
        type="primary",
        icon=":material/send:",
        disabled=not uris,
    ):
        _send(session, profile, wish, uris, (name, description, public), mine.get(target))
    _draw_done(wish)


def _target(wish: send_request.SendRequest, mine: Mapping[str, SentPlaylist]) -> str:
    if not mine:
        return _NEW
    options = [_NEW, *mine]
    wanted = wish.target if wish.target in mine else _NEW
    return str(
        st.selectbox(
            "Where to",
            options,
            index=options.index(wanted),
            format_func=lambda one: (
                f"Keep “{wording.clean_text(mine[one].name, 60)}” up to date, in place"
                if one
                else "A new playlist"
            ),
            key=f"{_TARGET}_{len(mine)}_{wish.target}",
            help="Only playlists that were made from here can be written.",
        )
    )


def _description(wish: send_request.SendRequest) -> str:
    if "request" in wish.recipe:
        return "Recommended from my own listening history by musicai"
    return "Put together in musicai"


def _send(
    session: SpotifySession,
    profile: str,
    wish: send_request.SendRequest,
    uris: Sequence[str],
    head: tuple[str, str, bool],
    sent: SentPlaylist | None,
) -> None:
    store, bar = state.get_store(), st.progress(0.0, "Sending…")

    def progress(fraction: float, note: str = "") -> None:
        bar.progress(min(fraction, 1.0), wording.escape_markdown(note))

    try:
        name, description, once = writing.check_playlist(head[0], head[1], uris)
        if sent is None:
            sent = writing.make(
                session.client,
                store,
                profile,
                session.account,
                name,
                wish.recipe,
                description=description,
                public=head[2],
            )
            # if filling fails, the next press goes on with this one
            wish = send_request.SendRequest(wish.title, wish.tracks, wish.recipe, sent.playlist_id)
            st.session_state[send_request.WISH] = wish
        writing.fill(
            session.client, store, profile, session.account, sent, once, wish.recipe, progress
        )
    except SpotifyError as error:
        state.keep_error(error)
    else:
        st.session_state[_SENT] = wish, sent, len(once)
    st.rerun()


def _draw_done(wish: send_request.SendRequest) -> None:
    done = st.session_state.get(_SENT)
    if done is None or done[0] != wish:
        return
    _, sent, tracks = done
    name = wording.escape_markdown(sent.name, 100)
    st.success(
        f"“{name}” is in your account with {wording.format_count(tracks, 'track')}.",
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.link_button("Open Spotify", sent.url, icon=":material/open_in_new:")
        session = spotify_session.current()
        found = session.addresses if session else {}
        ready = [found[one.track_id].uri for one in wish.tracks if one.track_id in found]
        play_button.uris([uri for uri in ready if uri], "send_play")
