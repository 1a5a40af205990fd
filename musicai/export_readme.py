"""What stands in an export beside its tables: how they are to be read."""

README = """\
This is everything musicai holds of one profile. The tables lie here twice with the same rows:
as CSV (UTF-8, commas, one header row) and, in parquet/, as Parquet. To bring it back, hand this
zip to musicai as it is. A spreadsheet must be told that the text is UTF-8.

Times are UTC, written 2024-05-01T12:00:00Z. An empty field means "not known".
A track id is Spotify's, or name: and 16 digits made from artist and title.
Several artists, and several genres, are joined by ";".

tracks.csv      what is known of each track
  track_id name artists album genres isrc
  year, duration_ms, popularity (0 to 100), explicit (true or false)
  danceability energy valence acousticness instrumentalness liveness speechiness (0 to 1)
  tempo (beats a minute), loudness (dB)
  key (0 to 11, 0 = C), mode (1 major, 0 minor)
plays.csv       each play (after a million also plays_2.csv and so on)
  played_at     when it began
  ms_played     for how long it was heard, milliseconds
  track_id name artists album
  skipped       true or false
  reason_start reason_end shuffle    as the player told them
  listener      empty for you, else who it was
  source        the export that the play came from
playlists.csv   each entry of each playlist
  playlist position (from 0) added_at track_id name artists album
  api_born      true if it came through Spotify's API; training on it needs your consent
exclusions.csv  what you left out of your taste
  kind          artist, track, playlist or period
  value         the artist's name, the track's id or the playlist's name
  since until   of a period: its first second, and the first one after it
matches.csv     what you said about two tracks: first, second (ids), same (true or false)
feedback.csv    your verdicts: track_id, verdict (like, dislike, not_now, never_artist), given_at
parquet/acousticbrainz.parquet    what AcousticBrainz measured, if you read its dumps
  track_id recording feature value word submissions spread source dated
  not read back: musicai reads the dumps again
musicai.json    the version of this format, and how many rows each table has
"""
