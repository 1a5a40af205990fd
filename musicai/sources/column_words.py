"""What columns of unknown tables are usually called, in several languages.

Only a first guess for the person to confirm: see ``mapped_table.propose``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from musicai.data.library import AUDIO_FEATURES, KEY_COLUMNS
from musicai.sources.text import header_name

WORDS: Mapping[str, tuple[str, ...]] = {
    "artist": (
        *("artist", "artists", "artist name", "artist names", "artist name(s)", "track artist"),
        *("artistname", "performer", "band", "singer", "creator", "album artist"),
        *("kunstler", "kunstlername", "interpret", "interpreten"),
        *("artista", "artistas", "nombre del artista", "interprete", "cantante"),
        *("artiste", "artistes", "nom de l'artiste", "artiesten", "artiest", "wykonawca"),
        *("исполнитель", "アーティスト", "歌手", "艺术家", "艺人", "아티스트"),
    ),
    "title": (
        *("track name", "song name", "title", "track", "song", "trackname", "track title"),
        *("song title", "songtitle", "name", "recording"),
        *("titel", "titelname", "lied", "liedtitel", "stuck", "songtitel"),
        *("titulo", "cancion", "nombre de la cancion", "pista", "musica", "faixa"),
        *("titre", "nom du titre", "morceau", "chanson", "titolo", "brano", "canzone"),
        *("nummer", "utwor", "tytul", "название", "трек", "песня", "曲名", "歌曲", "歌名", "곡"),
    ),
    "album": (
        *("album name", "album", "albumname", "release", "release name", "record"),
        *("album titel", "albumtitel", "nombre del album", "nom de l'album", "disco"),
        *("альбом", "アルバム", "专辑", "앨범"),
    ),
    "played_at": (
        *("played at", "playedat", "listened at", "listen date", "scrobble time", "uts"),
        *("scrobbled at", "utc time", "timestamp", "ts", "endtime", "end time", "start time"),
        *("date played", "play date", "play time", "last played", "datetime", "date time"),
        *("time", "date", "when", "gespielt am", "abgespielt am", "zeitpunkt", "zeitstempel"),
        *("zeit", "datum", "uhrzeit", "reproducido el", "fecha de reproduccion", "fecha"),
        *("fecha y hora", "hora", "ecoute le", "date d'ecoute", "date et heure", "heure"),
        *("ascoltato il", "data e ora", "ora", "data/hora", "data hora", "data", "tijd"),
        *("дата", "время", "再生日時", "日時", "日期", "时间", "날짜"),
    ),
    "ms_played": (
        *("ms played", "msplayed", "play duration milliseconds", "milliseconds played"),
        *("played ms", "duration played ms", "listened ms"),
    ),
    "seconds_played": (
        *("seconds played", "s played", "sec played", "played seconds", "listened seconds"),
        *("listening time", "time played", "play duration", "gehort", "spielzeit"),
    ),
    "skipped": (
        *("skipped", "skip", "was skipped", "ubersprungen", "saltado", "saltada", "omitida"),
        *("passe", "saltato", "pulada", "overgeslagen"),
    ),
    "playlist": (
        *("playlist name", "playlist", "list", "wiedergabeliste", "lista", "liste de lecture"),
        *("lista de reproduccion", "afspeellijst", "плейлист", "プレイリスト", "播放列表"),
    ),
    "added_at": (
        *("added at", "date added", "added", "added on", "hinzugefugt am", "anadido el"),
        *("ajoute le", "aggiunto il", "adicionada em", "toegevoegd op"),
    ),
    "spotify_id": (
        *("spotify track uri", "track uri", "spotify uri", "spotify id", "spotify track id"),
        *("track id", "trackuri", "trackid", "uri", "spotify url", "track url", "url", "id"),
    ),
    "isrc": ("isrc", "isrc code"),
    "genres": (
        *("genres", "genre", "track genre", "artist genres", "style", "tags"),
        *("genero", "generos", "genere", "musikrichtung", "stil", "жанр", "ジャンル", "流派"),
    ),
    "year": (
        *("year", "release year", "release date", "album release date", "released"),
        *("jahr", "erscheinungsjahr", "erscheinungsdatum", "ano", "annee", "anno", "jaar"),
        *("год", "年"),
    ),
    "duration_ms": (
        *("duration ms", "duration (ms)", "track duration (ms)", "length ms", "dauer (ms)"),
        *("dauer ms", "duration in ms"),
    ),
    "popularity": ("popularity", "track popularity", "beliebtheit", "popularidad", "popularite"),
    "explicit": ("explicit", "explizit", "explicito", "explicite"),
    **{name: (name,) for name in (*AUDIO_FEATURES, *KEY_COLUMNS)},
}
"""Through :func:`folded`, by meaning; the earlier word is the surer one."""


def folded(name: str) -> str:
    """A column name without case, accents, "_" and "-"."""
    plain = unicodedata.normalize("NFKD", name)
    return header_name("".join(ch for ch in plain if not unicodedata.combining(ch)))


_ORDER = {
    meaning: {folded(word): at for at, word in enumerate(ws)} for meaning, ws in WORDS.items()
}


def guesses(names: Sequence[str]) -> dict[str, str]:
    """Column name by meaning, each meaning and each column at most once."""
    plain = {name: folded(name) for name in reversed(names) if name}
    found = {}
    for meaning, order in _ORDER.items():
        known = [name for name in plain if plain[name] in order]
        if known:
            found[meaning] = min(known, key=lambda name: order[plain[name]])
            del plain[found[meaning]]
    return found
