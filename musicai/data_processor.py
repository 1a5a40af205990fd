"""Library -> arrays: TF-IDF documents, audio and genre matrices, interactions, histories."""

from __future__ import annotations

import contextlib
import json
import logging
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from musicai.core.files import atomic_write
from musicai.core.progress import Progress, no_progress
from musicai.core.settings import Settings
from musicai.data.arrays import (
    NO_LINKS,
    NO_SEQUENCES,
    History,
    Links,
    Sequences,
    TrackFeatures,
    TrainingData,
)
from musicai.data.context import ACTIVITY, count_activity_plays, count_context_plays, of_others
from musicai.data.external_interactions import artist_columns, neighbour_rows
from musicai.data.genres import genre_matrix
from musicai.data.library import (
    ARTIST_SEPARATOR,
    AUDIO_FEATURES,
    FEATURE_SOURCES,
    LINK_KINDS,
    FloatArray,
    IntArray,
    Library,
)
from musicai.data.sessions import basket_rows, mark_completed, seconds, sessions
from musicai.data.text_keys import artist_keys, first_artist, guests, normalise

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

logger = logging.getLogger(__name__)

FIELD_WEIGHTS = {"a": 2.0, "g": 1.5, "l": 0.8, "r": 0.8, "t": 0.6}
"""Weight of a term by its field in the documents: artist, genre, album, release, title. Who plays
it and what kind it is say more about taste than the words of a title. (The content component
weighs fields by its own settings.)"""

RECENCY_HALF_LIFE_DAYS = 365.0
"""Age at which the fading part of a play's weight has halved."""

RECENCY_FLOOR = 0.25
"""Weight that a play keeps however old it is."""

RECENT_PLAYS = 60
"""Plays of the last session that a query may go on from, at most."""

_FIELD = "\x1f"

_TELL_EVERY = 5_000
"""Texts between two words of progress."""

_NO_TEXT = _FIELD.join(["unknown", "", "", "", ""])


# --- text -----------------------------------------------------------------------------


def build_documents(tracks: pd.DataFrame) -> list[str]:
    """One text a track: artists, title, album, genres and year, apart by the unit separator."""
    columns = [tracks[name].astype(object) for name in ("artists", "name", "album", "genres")]
    years = ["" if np.isnan(year) else f"{year:.0f}" for year in tracks["year"]]
    return [_FIELD.join(row) for row in zip(*columns, years, strict=True)]


def document_terms(document: str) -> list[str]:
    """The terms of one document, each marked by its field.

    An artist or a micro-genre is one term; titles and albums are split in words. Guests
    and remixers whom the title names are artists. An album's name with its year is one
    more term: the release, where other albums have the same name.
    """
    artists, title, album, genres, year = document.split(_FIELD)
    makers = [*artists.split(ARTIST_SEPARATOR), *guests(title)]
    terms = [f"a:{name}" for name in dict.fromkeys(normalise(m) for m in makers if m.strip())]
    terms += [f"t:{word}" for word in normalise(title).split() if len(word) > 1]
    terms += [f"l:{word}" for word in normalise(album).split() if len(word) > 1]
    terms += [f"r:{normalise(album)} {year}".rstrip()] if album.strip() else []
    terms += [f"g:{name.strip()}" for name in genres.split(ARTIST_SEPARATOR) if name.strip()]
    return terms


def fit_vectorizer(library: Library) -> TfidfVectorizer:
    """A fitted scikit-learn vectorizer whose idf carries ``FIELD_WEIGHTS``.

    Terms that occur in one track only say nothing about likeness and are left
    out, except in libraries too small to spare any.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (3 s to import)

    texts = build_documents(library.tracks)
    model = TfidfVectorizer(analyzer=document_terms, min_df=_compute_least(texts), dtype=np.float32)
    try:
        model.fit(texts)
    except ValueError:  # no track has any text
        model = TfidfVectorizer(analyzer=document_terms, dtype=np.float32)
        model.fit([_NO_TEXT])
    model.idf_ = model.idf_ * _get_field_weights(model.get_feature_names_out())
    return model


def _compute_least(texts: Sequence[str]) -> int:
    """In how many tracks a term must occur."""
    return 2 if len(texts) >= 100 else 1


def _get_field_weights(terms: Iterable[str]) -> FloatArray:
    return np.array([FIELD_WEIGHTS[str(term)[0]] for term in terms], dtype=np.float32)


@dataclass(frozen=True)
class _Texts:
    """What the texts of all tracks become."""

    tfidf: sparse.csr_matrix
    """(n_tracks, n_terms)."""
    terms: tuple[str, ...]
    idf: FloatArray


def _build_text(library: Library, model: TfidfVectorizer | None, progress: Progress) -> _Texts:
    """The texts through a model, or through one fitted on them, which reads each text once."""
    texts = build_documents(library.tracks)
    if model is None and len(texts):
        with contextlib.suppress(ValueError):  # no track has any text
            return _fit_transform(texts, progress)
    model = model if model is not None else fit_vectorizer(library)
    tfidf = sparse.csr_matrix((0, len(model.idf_)), dtype=np.float32)
    if texts:
        tfidf = sparse.csr_matrix(model.transform(texts), dtype=np.float32)
    terms = tuple(str(term) for term in model.get_feature_names_out())
    return _Texts(tfidf, terms, np.asarray(model.idf_, dtype=np.float32))


def _report_each(texts: Sequence[str], progress: Progress) -> Iterator[str]:
    """The texts, with word of how many of them were taken."""
    for place, text in enumerate(texts):
        if place % _TELL_EVERY == 0:
            progress(place / len(texts), f"Reading names and genres, track {place + 1:,}")
        yield text


def _fit_transform(texts: Sequence[str], progress: Progress) -> _Texts:
    """Give to the bit what a vectorizer gives that is fitted, then applied, in half the time."""
    from sklearn.feature_extraction.text import (  # noqa: PLC0415 (3 s to import)
        CountVectorizer,
        TfidfTransformer,
    )

    counting = CountVectorizer(
        analyzer=document_terms, min_df=_compute_least(texts), dtype=np.float32
    )
    counts = counting.fit_transform(_report_each(texts, progress))
    counts.sort_indices()
    terms = counting.get_feature_names_out()
    weighing = TfidfTransformer().fit(counts)
    weighing.idf_ = weighing.idf_ * _get_field_weights(terms)
    tfidf = sparse.csr_matrix(weighing.transform(counts, copy=False), dtype=np.float32)
    named = tuple(str(term) for term in terms)
    return _Texts(tfidf, named, np.asarray(weighing.idf_, dtype=np.float32))


# --- features -------------------------------------------------------------------------


def build_features(
    library: Library,
    text_model: TfidfVectorizer | None = None,
    progress: Progress = no_progress,
) -> TrackFeatures:
    """Every track as arrays, in track-row order; ``progress`` may stop it."""
    tracks = library.tracks
    started = time.perf_counter()
    text = _build_text(library, text_model, progress)
    artists = [first_artist(value) for value in tracks["artists"].astype(object)]
    codes, _ = pd.factorize(np.array(artist_keys(artists), dtype=object))
    blank = np.array([not name for name in artists], dtype=bool)
    shown = pd.Series(artists, dtype=object).groupby(codes).first()
    source = tracks["feature_source"].astype(object).map(FEATURE_SOURCES.index)
    features = TrackFeatures(
        vocabulary=library.vocabulary,
        names=tuple(tracks["name"].astype(object)),
        artist_names=tuple(str(name) for name in shown),
        artist=np.where(blank, -1, codes).astype(np.int32),
        recording=tracks["recording"].to_numpy(dtype=np.int32),
        tfidf=text.tfidf,
        terms=text.terms,
        idf=text.idf,
        audio=tracks[list(AUDIO_FEATURES)].to_numpy(dtype=np.float32),
        feature_source=source.to_numpy(dtype=np.int32),
        genres=genre_matrix(tracks["genres"]),
        popularity=tracks["popularity"].to_numpy(dtype=np.float32),
        year=tracks["year"].to_numpy(dtype=np.float32),
        duration=tracks["duration_ms"].to_numpy(dtype=np.float32),
    )
    logger.info("features of %d tracks in %.2f s", len(tracks), time.perf_counter() - started)
    return features


def get_features_path(settings: Settings, joined: str) -> Path:
    """The side file of the features of the tracks that ``Library.joined`` names."""
    return settings.cache / f"features-{joined[:32]}.npz"


def load_features(
    settings: Settings, library: Library, progress: Progress = no_progress
) -> TrackFeatures:
    """The features from their side file, which is made where it is absent or damaged.

    ``progress`` raises ``Cancelled`` to stop; then no side file was written.
    """
    path = get_features_path(settings, library.joined or library.fingerprint)
    try:
        return _read_features(path, library)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        features = build_features(library, progress=progress)
        _write_features(path, features)
        return features


def _write_features(path: Path, features: TrackFeatures) -> None:
    texts = {
        "names": features.names,
        "artist_names": features.artist_names,
        "terms": features.terms,
    }
    with atomic_write(path) as beside, beside.open("wb") as file:
        np.savez(
            file,
            texts=np.frombuffer(json.dumps(texts).encode(), dtype=np.uint8),
            vocabulary=np.frombuffer(features.vocabulary.fingerprint.encode(), dtype=np.uint8),
            data=features.tfidf.data,
            indices=features.tfidf.indices,
            indptr=features.tfidf.indptr,
            artist=features.artist,
            recording=features.recording,
            idf=features.idf,
            audio=features.audio,
            feature_source=features.feature_source,
            genres=features.genres,
            popularity=features.popularity,
            year=features.year,
            duration=features.duration,
        )


def _read_features(path: Path, library: Library) -> TrackFeatures:
    # opened here, as np.load leaves its own handle open when the file is damaged
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        if stored["vocabulary"].tobytes().decode() != library.vocabulary.fingerprint:
            raise ValueError("made for other tracks")
        texts: dict[str, Any] = json.loads(stored["texts"].tobytes())
        tfidf = sparse.csr_matrix(
            (stored["data"], stored["indices"], stored["indptr"]),
            shape=(library.n_tracks, len(texts["terms"])),
        )
        return TrackFeatures(
            vocabulary=library.vocabulary,
            names=tuple(texts["names"]),
            artist_names=tuple(texts["artist_names"]),
            terms=tuple(texts["terms"]),
            tfidf=tfidf,
            **{
                name: stored[name]
                for name in (
                    "artist",
                    "recording",
                    "idf",
                    "audio",
                    "feature_source",
                    "genres",
                    "popularity",
                    "year",
                    "duration",
                )
            },
        )


# --- interactions ---------------------------------------------------------------------


def _sum_confidences(
    key: np.ndarray[Any, np.dtype[np.int64]],
    done: np.ndarray[Any, np.dtype[np.bool_]],
    age_days: np.ndarray[Any, np.dtype[np.float64]],
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], FloatArray, IntArray]:
    """Plays summed by key: the unique keys, their confidence, and completed plays.

    Confidence = log(1 + Σ recency of completed plays), lowered by the share of
    plays that were skipped; a small rest stays where none was completed.
    """
    unique, inverse = np.unique(key, return_inverse=True)
    fading = 0.5 ** (np.maximum(age_days, 0.0) / RECENCY_HALF_LIFE_DAYS)
    recency = RECENCY_FLOOR + (1.0 - RECENCY_FLOOR) * fading
    kept = np.bincount(inverse, weights=recency * done, minlength=len(unique))
    count = np.bincount(inverse, minlength=len(unique))
    finished = np.bincount(inverse, weights=done.astype(float), minlength=len(unique))
    skip_share = 1.0 - finished / count
    confidence = np.maximum(np.log1p(kept) * (1.0 - 0.7 * skip_share), 0.02)
    return unique, confidence.astype(np.float32), finished.astype(np.int32)


def build_history(library: Library, listener: int = 0) -> History:
    """What one listener has played; for the owner, the playlists too.

    The releases of a recording count together, at its first row.

    Args:
        library: The data; its last play is "now".
        listener: Position in ``library.listeners``.
    """
    plays = library.plays[library.plays["listener"] == listener]
    start = seconds(plays["played_at"])
    now = int(seconds(library.plays["played_at"]).max()) if len(library.plays) else 0
    track = library.canonical[plays["track"].to_numpy()].astype(np.int64)
    done = mark_completed(plays)
    unique, confidence, count = _sum_confidences(track, done, (now - start) / 86_400.0)
    last = np.zeros(len(unique), dtype=np.int64)
    np.maximum.at(last, np.searchsorted(unique, track), start)
    rows = pd.DataFrame({"confidence": confidence, "plays": count, "last": last}, index=unique)
    occasions = count_context_plays(library, plays, unique.astype(np.int32), done)
    if listener == 0 and len(library.playlist_items):
        items = library.canonical[library.playlist_items["track"].to_numpy()]
        listed = pd.Series(items).value_counts()
        rows = rows.reindex(rows.index.union(listed.index), fill_value=0)
        place = np.searchsorted(rows.index.to_numpy(), unique)
        occasions = {name: _spread_rows(one, place, len(rows)) for name, one in occasions.items()}
        rows.loc[listed.index, "confidence"] += np.log1p(listed.to_numpy()).astype(np.float32)
    tracks = rows.index.to_numpy(dtype=np.int32)
    plays_of = rows["plays"].to_numpy(dtype=np.int32)
    if listener == 0:
        occasions[ACTIVITY] = count_activity_plays(library, tracks, plays_of)
    return History(
        rows=tracks,
        confidence=rows["confidence"].to_numpy(dtype=np.float32),
        plays=plays_of,
        last_played=rows["last"].to_numpy(dtype=np.int64),
        now=now,
        occasions=occasions,
        **_find_last_session(library, plays),
    )


def _spread_rows(counts: IntArray, place: np.ndarray[Any, Any], n: int) -> IntArray:
    """(n, …) the same rows at other places; the others are 0."""
    found = np.zeros((n, counts.shape[1]), dtype=np.int32)
    found[place] = counts
    return found


def _find_last_session(library: Library, plays: pd.DataFrame) -> dict[str, Any]:
    """The last session of one listener, whose plays these are, in time order."""
    latest = plays.iloc[-RECENT_PLAYS:]
    number = sessions(latest)
    latest = latest[number == number[-1]] if len(number) else latest
    return {
        "recent": library.canonical[latest["track"].to_numpy()].astype(np.int32),
        "recent_heard": mark_completed(latest),
        "recent_at": seconds(latest["played_at"]),
    }


def build_training_data(
    library: Library, features: TrackFeatures, *, seed: int = 0, baskets: bool = True
) -> TrainingData:
    """Listeners as rows of confidences.

    With ``baskets`` also what trained components learn from: sessions, playlists,
    and the listeners of neighbour packs.
    """
    parts = [_build_listener_rows(library)]
    if baskets:
        parts += [_build_session_rows(library), _build_playlist_rows(library)]
    return TrainingData(
        features=features,
        interactions=sparse.csr_matrix(sparse.vstack(parts, format="csr"), dtype=np.float32),
        listeners=library.listeners,
        seed=seed,
        neighbours=neighbour_rows(library, features) if baskets else None,
        links=build_links(library, features),
        sequences=build_sequences(library) if baskets else NO_SEQUENCES,
        occasions=partial(of_others, library),
    )


def build_sequences(library: Library) -> Sequences:
    """Every listener's sessions, by the time they began; a profile without plays has playlists."""
    plays = library.plays
    if plays.empty:
        return _build_playlist_sequences(library)
    start = seconds(plays["played_at"])
    number = sessions(plays)
    began = np.full(int(number.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(began, number, start)
    place = np.empty(len(began), dtype=np.int64)
    place[np.argsort(began, kind="stable")] = np.arange(len(began))
    order = np.lexsort((start, place[number]))  # plays of one second keep their order
    session = place[number][order]
    own = np.zeros(len(began), dtype=bool)
    own[session] = plays["listener"].to_numpy()[order] == 0
    return Sequences(
        tracks=library.canonical[plays["track"].to_numpy()[order]].astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(np.bincount(session))]).astype(np.int64),
        heard=mark_completed(plays)[order],
        own=own,
        times=start[order],
    )


def _build_playlist_sequences(library: Library) -> Sequences:
    items = library.training_items().sort_values(["playlist", "position"], kind="stable")
    if items.empty:
        return NO_SEQUENCES
    size = items.groupby("playlist", observed=True).size().to_numpy()
    return Sequences(
        tracks=library.canonical[items["track"].to_numpy()].astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        heard=np.ones(len(items), dtype=bool),
        own=np.ones(len(size), dtype=bool),
    )


def build_links(library: Library, features: TrackFeatures) -> Links:
    """The library's links as arrays; those of unknown tracks or artists are left out."""
    frame = library.links
    if frame.empty:
        return NO_LINKS
    track = library.vocabulary.rows(frame["track_id"])
    kind = frame["kind"].astype(object).map(LINK_KINDS.index).to_numpy(dtype=np.int32)
    by_tag = kind == LINK_KINDS.index("tag")
    position = artist_columns(features.artist_names)
    via = frame["via"].astype(object).tolist()
    tags = {tag: place for place, tag in enumerate(dict.fromkeys(np.array(via, object)[by_tag]))}
    artist = np.array([position.get(normalise(name), -1) for name in via], dtype=np.int32)
    found = Links(
        track=track,
        kind=kind,
        artist=np.where(by_tag, -1, artist).astype(np.int32),
        tag=np.array(
            [tags[name] if tagged else -1 for name, tagged in zip(via, by_tag, strict=True)],
            dtype=np.int32,
        ),
        strength=frame["strength"].to_numpy(dtype=np.float32),
        via=tuple(via),
        through=tuple(frame["through"].astype(object)),
        tags=tuple(tags),
    )
    kept = (found.track >= 0) & ((found.artist >= 0) | (found.tag >= 0))
    return found.of(kept, found.track[kept])


def _build_listener_rows(library: Library) -> sparse.csr_matrix:
    plays, shape = library.plays, (len(library.listeners), library.n_tracks)
    if plays.empty:
        return sparse.csr_matrix(shape, dtype=np.float32)
    start = seconds(plays["played_at"])
    track = library.canonical[plays["track"].to_numpy()]
    key = plays["listener"].to_numpy(dtype=np.int64) * library.n_tracks + track
    done = mark_completed(plays)
    unique, confidence, count = _sum_confidences(key, done, (start.max() - start) / 86_400.0)
    heard = count > 0
    row, column = np.divmod(unique[heard], library.n_tracks)
    return sparse.csr_matrix((confidence[heard], (row, column)), shape=shape)


def _build_session_rows(library: Library) -> sparse.csr_matrix:
    done = mark_completed(library.plays)
    return basket_rows(
        sessions(library.plays)[done],
        library.canonical[library.plays["track"].to_numpy()[done]],
        library.n_tracks,
    )


def _build_playlist_rows(library: Library) -> sparse.csr_matrix:
    items = library.training_items()
    return basket_rows(
        items["playlist"].cat.codes.to_numpy(),
        library.canonical[items["track"].to_numpy()],
        library.n_tracks,
    )
