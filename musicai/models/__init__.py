"""The table of components. A new component = one file + one line here."""

from __future__ import annotations

from musicai.models.base import Component
from musicai.models.collaborative import Collaborative
from musicai.models.content import Content
from musicai.models.context import Context
from musicai.models.deep.autoencoder import Autoencoder
from musicai.models.deep.transformer import Transformer
from musicai.models.graph_links import Connections
from musicai.models.item_item import ItemItem
from musicai.models.own_plays import OwnPlays
from musicai.models.popularity import Popularity
from musicai.models.rules import Rules
from musicai.models.sequence import Sequence

COMPONENTS: dict[str, type[Component]] = {
    component.name: component
    for component in (
        Content,
        Collaborative,
        ItemItem,
        Sequence,
        Transformer,
        Autoencoder,
        Connections,
        Rules,
        Context,
        OwnPlays,
        Popularity,
    )
}
"""Every component by name, in the order in which the screen shows them."""

DEFAULT_WEIGHTS: dict[str, float] = {
    "content": 0.21,
    "collaborative": 0.17,
    "item_item": 0.045,
    "sequence": 0.04,
    "transformer": 0.0,
    "autoencoder": 0.0,
    "connections": 0.14,
    "rules": 0.21,
    "context": 0.10,
    "history": 0.07,
    "popularity": 0.015,
}
"""Weights before a model has learned its own on validation; they sum to 1.

Rules weigh as much as collaborative because they only speak when a mood or genre is asked for,
connections nearly so because they only speak of what open data brought. What comes next speaks of
the last session alone, and has little say where nobody asks to go on from it; the hour speaks
only where a time is asked for. The deep components need torch to be trained; they have no say until
a model has found on validation how much they are worth. The shares of
content, collaborative, item-to-item and popularity did best of three on a validation slice of
public playlists (`benchmarks.quality playlists`): R@10 .162, nDCG@10 .195, where content alone
has .148 and .177.
"""

PRESETS: dict[str, dict[str, float]] = {
    "Balanced": DEFAULT_WEIGHTS,
    "Safe": {
        "content": 0.22,
        "collaborative": 0.18,
        "item_item": 0.09,
        "sequence": 0.05,
        "transformer": 0.0,
        "autoencoder": 0.0,
        "connections": 0.05,
        "rules": 0.09,
        "context": 0.07,
        "history": 0.17,
        "popularity": 0.08,
    },
    "Adventurous": {
        "content": 0.18,
        "collaborative": 0.22,
        "item_item": 0.05,
        "sequence": 0.05,
        "transformer": 0.0,
        "autoencoder": 0.0,
        "connections": 0.18,
        "rules": 0.22,
        "context": 0.06,
        "history": 0.04,
        "popularity": 0.0,
    },
    "Deep cuts": {
        "content": 0.41,
        "collaborative": 0.09,
        "item_item": 0.09,
        "sequence": 0.04,
        "transformer": 0.0,
        "autoencoder": 0.0,
        "connections": 0.13,
        "rules": 0.14,
        "context": 0.06,
        "history": 0.04,
        "popularity": 0.0,
    },
}
"""Weight settings by the name the screen gives them."""
