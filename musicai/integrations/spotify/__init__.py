"""Spotify, connected: an optional way to read one's lists and to send playlists back.

What comes from the Web API is marked ``source = "spotify_api"`` and stays in memory for the
session: Spotify's Developer Terms (IV.2.a.i) forbid training on it and (IV.3) keeping it. Only
``keeping`` writes any of it, and only after the person has read the clause and said yes.

    application.py   the client id that the person made, and the addresses asked
    waiting.py       sign-ins that are under way; they outlive the page that began them
    signing_in.py    PKCE (RFC 7636) through spotipy, and the token of one session
    failures.py      what each kind of failure means, and what to do
    client.py        the calls, each with its limits
    items.py         answers -> tracks, artists and playlists; every field may be missing
    shelf.py         the lists of one session, read page by page
    matches.py       tracks of Spotify -> tracks of the library
    addresses.py     tracks of the library -> tracks of Spotify
    sending.py       a list of tracks -> a playlist, made or brought up to date
    recipes.py       what a playlist was made from, so that it can be made anew
    keeping.py       the lists -> the database, with consent alone
"""
