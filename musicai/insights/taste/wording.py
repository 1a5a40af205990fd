"""Numbers and comparisons in plain words, for sentences of the taste profile."""

from __future__ import annotations

from datetime import date

from musicai.data.genres import GENRE_LABELS

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

MORE_LESS: dict[str, tuple[str, str]] = {
    "danceability": ("more danceable", "less danceable"),
    "energy": ("more energetic", "calmer"),
    "valence": ("happier", "sadder"),
    "acousticness": ("more acoustic", "less acoustic"),
    "instrumentalness": ("more instrumental", "more sung"),
    "liveness": ("more live", "less live"),
    "speechiness": ("wordier", "less wordy"),
    "tempo": ("faster", "slower"),
    "loudness": ("louder", "quieter"),
}
"""What a higher and a lower value of a feature is called."""

QUALITY: dict[str, str] = {
    "danceability": "danceable",
    "energy": "energetic",
    "valence": "happy",
    "acousticness": "acoustic",
    "instrumentalness": "instrumental",
    "liveness": "live",
    "speechiness": "wordy",
    "tempo": "fast",
    "loudness": "loud",
}
"""The adjective of a feature."""

NOTICEABLE = 0.2
"""A difference below this many standard deviations is called "about as …" (Cohen's small)."""


def percent(share: float) -> str:
    """A share: "41 %", "3.4 %", "under 0.1 %", with a space that does not break."""
    value = 100 * share
    if value == 0 or value >= 9.95:
        return f"{value:.0f}\u00a0%"
    return f"{value:.1f}\u00a0%" if value >= 0.1 else "under\u00a00.1\u00a0%"


def decimal(value: float) -> str:
    """A number from 0 to 1 with two decimals: ".42", "1.00"."""
    text = f"{value:.2f}"
    return text[1:] if text.startswith("0.") else text


def amount(feature: str, value: float) -> str:
    """A feature's value in its unit: ".42", "118 BPM", "−8.1 dB"."""
    if feature == "tempo":
        return f"{value:.0f}\u00a0BPM"
    if feature == "loudness":
        return f"{value:.1f}\u00a0dB".replace("-", "−")
    return decimal(value)


def day(moment: date) -> str:
    """A day in words: "14 March 2024"."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def month(label: str) -> str:
    """``YYYY-MM`` in words: "March 2024"."""
    return f"{_MONTHS[int(label[5:7]) - 1]} {label[:4]}"


def capital(text: str) -> str:
    """The text with a capital first letter; the rest stays."""
    return text[:1].upper() + text[1:]


def subject(genre: str) -> str:
    """A genre at the head of a sentence: "Jazz", "R&B", "Hip-hop"."""
    return GENRE_LABELS[genre]


def axis_sentence(
    feature: str,
    mean: float | None,
    catalogue: float | None,
    catalogue_spread: float | None,
    compared_with: str,
) -> str:
    """What one axis of the radar says.

    Example: "Calmer than the tracks you have not played: energy .42 against .61."
    """
    if mean is None:
        return f"{capital(feature)} is not known for any track you played."
    value = f"{feature} {amount(feature, mean)}"
    if catalogue is None or not compared_with:
        return f"{capital(value)} on average."
    against = f"{value} against {amount(feature, catalogue)}"
    word = verdict(feature, mean, catalogue, catalogue_spread)
    link = "as" if word.startswith("about as") else "than"
    return f"{capital(word)} {link} {compared_with}: {against}."


def verdict(feature: str, mean: float, catalogue: float, catalogue_spread: float | None) -> str:
    """The comparison in a word or three: "calmer", "about as energetic"."""
    apart = mean - catalogue
    if abs(apart) < NOTICEABLE * (catalogue_spread or 0.0) or apart == 0:
        return f"about as {QUALITY[feature]}"
    return MORE_LESS[feature][0 if apart > 0 else 1]
