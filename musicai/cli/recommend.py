"""Commands about the music: asking, training, checking, and the versions that answer."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Mapping

import numpy as np

from musicai.ai_model import MusicAI
from musicai.cli.arguments import (
    Commands,
    add_command,
    add_profile,
    parse_mix,
    parse_pair,
    parse_years,
)
from musicai.cli.output import Outcome, choose_profile, show_table
from musicai.core.settings import Settings
from musicai.data.genres import GENRE_LABELS
from musicai.ranking import autoplay as autoplaying
from musicai.ranking.autoplay import AutoplayOptions
from musicai.ranking.request import Filters, Request
from musicai.store import Store
from musicai.training.monitoring import note_list

# --- asking ---------------------------------------------------------------------------


def recommend(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A list, each row with its reason."""
    profile = choose_profile(options, store, settings)
    music = MusicAI(profile, settings=settings, version=options.version)
    started = time.perf_counter()
    items = music.get_hybrid_recommendations(
        user_id=options.user,
        seed_tracks=options.seed or None,
        mood=options.mood,
        genre=options.genre,
        n_recommendations=options.n,
        mode=options.mode,
        weights=dict(options.weight) or None,
        mood_strength=options.mood_strength,
        genre_strength=options.genre_strength,
        diversity=options.diversity,
        novelty=options.novelty,
        artist_cap=options.artist_cap,
        calibration=options.calibration,
        surprise=options.surprise,
        draw=options.draw,
        filters=Filters(
            origins=tuple(options.origin),
            years=options.years,
            only_genres=tuple(options.only_genre),
            fresh=options.fresh,
        ),
    )
    note_list(time.perf_counter() - started, len(items), items.mode, items.version)
    listed = Counter(item.origin for item in items)
    origins = {name: {"candidates": n, "listed": listed[name]} for name, n in items.origins.items()}
    rows = [
        {
            "rank": item.rank,
            "track_id": item.track_id,
            "name": item.name,
            "artists": list(item.artists),
            "score": float(item.score),
            "contributions": {name: float(v) for name, v in item.contributions.items()},
            "reason": item.reason,
            "origin": item.origin,
            "propensity": item.propensity,
        }
        for item in items
    ]
    if not options.json:
        show_table(
            ("", "track", "artist", "score", "why", "from"),
            [[i.rank, i.name, i.artists, f"{i.score:.2f}", i.reason, i.origin] for i in items],
        )
        parts = [f"{name} {of['listed']} of {of['candidates']:,}" for name, of in origins.items()]
        print(f"Chosen from: {', '.join(parts)}.")
        if items.genres_wanted:
            print(f"Genres: yours {_mix(items.genres_wanted)}; here {_mix(items.genres_listed)}.")
        for note in items.notes:
            print(f"Note: {note}")
    return 0, {
        "recommendations": rows,
        "genre_mix": {"wanted": items.genres_wanted, "listed": items.genres_listed},
        "mode": items.mode,
        "origins": origins,
        "notes": list(items.notes),
        "version": items.version,
        "profile": profile,
    }


def autoplay(options: argparse.Namespace, settings: Settings, store: Store) -> Outcome:
    """A session along an arc, each step with its reason."""
    profile = choose_profile(options, store, settings)
    music = MusicAI(profile, settings=settings, version=options.version)
    request = Request(seed_tracks=tuple(options.seed), mode=options.mode)
    found = autoplaying.autoplay(
        music, request, AutoplayOptions(options.n, options.arc, options.apart)
    )
    tracks = music.library.tracks
    rows = [
        {
            "place": place,
            "track_id": music.library.vocabulary.id(step.track),
            "name": str(tracks["name"].iloc[step.track]),
            "artists": str(tracks["artists"].iloc[step.track]),
            "parts": {name: float(value) for name, value in step.parts.items()},
            "tempo": None if np.isnan(step.tempo) else float(step.tempo),
            "energy": None if np.isnan(step.energy) else float(step.energy),
            "key": step.key or None,
            "why": step.why,
        }
        for place, step in enumerate(found.steps, 1)
    ]
    if not options.json:
        show_table(
            ("", "track", "artist", "why"),
            [[row["place"], row["name"], row["artists"], row["why"]] for row in rows],
        )
        for note in found.notes:
            print(f"Note: {note}")
    return 0, {"session": rows, "notes": list(found.notes), "profile": profile}


def _mix(genres: Mapping[str, float]) -> str:
    """The largest shares of a genre mix."""
    largest = [(name, share) for name, share in genres.items() if share >= 0.005][:4]
    return ", ".join(f"{GENRE_LABELS[name]} {share:.0%}" for name, share in largest) or "unknown"


# --- training -------------------------------------------------------------------------


def add_commands(commands: Commands) -> None:
    """Declare the commands of this module."""
    _add_recommend(commands)
    _add_autoplay(commands)


def _add_recommend(commands: Commands) -> None:
    text = "a list of recommendations, each with its reason"
    parser = add_command(commands, "recommend", text, recommend)
    parser.add_argument("--user", metavar="LISTENER", help="a listener; without it the owner")
    parser.add_argument(
        "--mode", default="auto", help="auto, rediscover (own tracks), discover (new ones) or mix"
    )
    parser.add_argument(
        "--mood", type=parse_mix, metavar="MOOD", help="chill, or chill=.7,romantic=.3"
    )
    parser.add_argument(
        "--genre", type=parse_mix, metavar="GENRE", help="jazz, or jazz=.5,indie=.5"
    )
    parser.add_argument("--mood-strength", type=float, default=0.5, metavar="0-1")
    parser.add_argument("--genre-strength", type=float, default=0.5, metavar="0-1")
    parser.add_argument("--seed", action="append", default=[], metavar="TRACK", help="a track id")
    parser.add_argument("-n", type=int, default=20, help="length of the list (default 20)")
    parser.add_argument("--diversity", type=float, default=0.2, metavar="0-1")
    parser.add_argument(
        "--calibration",
        type=float,
        default=0.0,
        metavar="0-1",
        help="how far the genre mix follows the listener's (default 0)",
    )
    parser.add_argument(
        "--novelty", type=float, default=0.0, metavar="-1-1", help="-1 familiar to 1 obscure"
    )
    parser.add_argument(
        "--surprise",
        type=float,
        default=0.0,
        metavar="0-1",
        help="how far a guess at what else you may like leads the list (default 0)",
    )
    parser.add_argument("--draw", type=int, default=0, metavar="N", help="which guess (default 0)")
    parser.add_argument("--artist-cap", type=int, default=3, metavar="N")
    parser.add_argument(
        "--origin", action="append", default=[], metavar="NAME", help="a catalogue to choose from"
    )
    parser.add_argument(
        "--years", type=parse_years, metavar="FROM-TO", help="1990-1999, 1990- or -1999"
    )
    parser.add_argument("--only-genre", action="append", default=[], metavar="GENRE")
    parser.add_argument(
        "--fresh", action="store_true", help="only fresh releases that open data found"
    )
    parser.add_argument(
        "--weight", action="append", default=[], type=parse_pair, metavar="COMPONENT=WEIGHT"
    )
    parser.add_argument("--version", metavar="VERSION", help="without it the active one")
    add_profile(parser)


def _add_autoplay(commands: Commands) -> None:
    text = "a session along an arc, from seeds or the last session, each step with its reason"
    parser = add_command(commands, "autoplay", text, autoplay)
    parser.add_argument("--seed", action="append", default=[], metavar="TRACK", help="a track id")
    parser.add_argument("-n", type=int, default=15, help="length of the session (default 15)")
    parser.add_argument("--arc", default="steady", help="steady (default), rising or winding down")
    parser.add_argument(
        "--apart", type=int, default=3, metavar="N", help="no artist twice within N (default 3)"
    )
    parser.add_argument("--mode", default="auto", help="auto, rediscover, discover or mix")
    parser.add_argument("--version", help="a model version; the one in service without it")
    add_profile(parser)
