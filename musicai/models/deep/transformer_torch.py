"""The network in torch: causal self-attention over the plays of a session.

SASRec (Kang and McAuley, "Self-attentive sequential recommendation", 2018) with pre-norm blocks
and learned distances instead of positions (Shaw et al., 2018); items are scored by cosine over a
temperature; a copy score over the session's own items (RepeatNet, Ren et al., 2019) is added to
theirs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from musicai.data.context import SLOTS
from musicai.models.deep.config import TransformerConfig
from musicai.models.deep.session_features import GAPS
from musicai.models.deep.transformer_numpy import CONTENT, SOFTENING


class Input(NamedTuple):
    """A batch as tensors; (b, t) each."""

    place: Tensor
    """Which of the candidates each play is; any where ``absent``."""
    absent: Tensor
    """True where there is no play, or where it is hidden."""
    gap: Tensor
    slot: Tensor
    skip: Tensor


class ItemEmbedding(nn.Module):
    """Vector and bias of every track: its own, its artist's, and what is known of its sound."""

    def __init__(self, n_items: int, n_artists: int, size: int) -> None:
        super().__init__()
        self.own = nn.Embedding(n_items, size)
        self.bias = nn.Parameter(torch.zeros(n_items))
        self.artist = nn.Embedding(n_artists + 1, size, padding_idx=0)
        self.content = nn.Linear(CONTENT, size, bias=False)
        for table in (self.own, self.artist, self.content):
            nn.init.zeros_(table.weight)

    def forward(
        self, rows: Tensor, artist: Tensor, content: Tensor, kept: Tensor
    ) -> tuple[Tensor, Tensor]:
        """(m, d) vectors of about unit length and (m,) biases of some items.

        Args:
            rows: (m,) items.
            artist: (m,) their artists, 0 for none.
            content: (m, ``CONTENT``).
            kept: (m,) 0 where the item is known by its artist and content alone.
        """
        own = self.own(rows) * kept[:, None]
        found = own + self.artist(artist) + self.content(content)
        length = torch.sqrt((found**2).sum(-1, keepdim=True) + SOFTENING)
        return found / length, self.bias[rows] * kept


class Block(nn.Module):
    """Attention and a feed-forward layer, each after a norm and beside a way around."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        size = config.size
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)
        self.distance = nn.Parameter(torch.zeros(config.heads, config.length))
        self.drop = nn.Dropout(config.dropout)

    def forward(self, state: Tensor, hidden: Tensor, apart: Tensor) -> Tensor:
        """(b, t, d) from (b, t, d); ``hidden`` (b, 1, t, t), ``apart`` (t, t)."""
        b, t, size = state.shape
        split = self.qkv(self.norm1(state)).view(b, t, 3, self.heads, size // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        weight = query @ key.transpose(-1, -2) / math.sqrt(size // self.heads)
        weight = weight + self.distance[:, apart]
        weight = weight.masked_fill(hidden, float("-inf")).softmax(-1)
        mixed = (self.drop(weight) @ value).transpose(1, 2).reshape(b, t, size)
        state = state + self.drop(self.out(mixed))
        lifted: Tensor = self.drop(self.down(functional.gelu(self.up(self.norm2(state)))))
        return state + lifted


class TransformerNetwork(nn.Module):
    """States of a session and scores of items after each play."""

    def __init__(self, n_items: int, n_artists: int, config: TransformerConfig) -> None:
        super().__init__()
        size = config.size
        self.config = config
        self.items = ItemEmbedding(n_items, n_artists, size)
        self.gap = nn.Embedding(GAPS, size, padding_idx=0)
        self.slot = nn.Embedding(SLOTS + 1, size, padding_idx=0)
        self.skip = nn.Embedding(2, size, padding_idx=0)
        for table in (self.gap, self.slot, self.skip):
            nn.init.zeros_(table.weight)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(size)
        self.copy_query, self.copy_key = nn.Linear(size, size), nn.Linear(size, size)
        self.copy_distance = nn.Parameter(torch.zeros(config.length))
        self.copy_gate = nn.Parameter(torch.zeros(1))
        self.drop = nn.Dropout(config.dropout)

    def states(self, vectors: Tensor, given: Input) -> Tensor:
        """(b, t, d) what the network holds after each play.

        Args:
            vectors: (m, d) candidates.
            given: The sessions.
        """
        there = (~given.absent)[:, :, None]
        state = vectors[given.place] * math.sqrt(self.config.size) * there
        context = self.gap(given.gap) + self.slot(given.slot) + self.skip(given.skip)
        state = self.drop(state + context)
        apart = _apart(state.shape[1], state.device)
        later = apart < 0
        alone = torch.eye(state.shape[1], dtype=torch.bool, device=state.device)
        hidden = (later[None] | given.absent[:, None, :]) & ~alone
        for block in self.blocks:
            state = block(state, hidden[:, None], apart.clamp(min=0))
        found: Tensor = self.norm(state)
        return found

    def scores(self, state: Tensor, vectors: Tensor, offset: Tensor) -> Tensor:
        """(p, m) of candidates (m, d) after states (p, d); ``offset`` (m,) is added."""
        pointed = functional.normalize(state, dim=-1) / self.config.temperature
        return torch.addmm(offset, pointed, vectors.T)

    def copies(self, states: Tensor, session: Tensor, step: Tensor, absent: Tensor) -> Tensor:
        """(p, t) what the session's own plays get on top, 0 for those that are not past.

        Args:
            states: (b, t, d).
            session: (p,) which session is asked.
            step: (p,) after which of its plays.
            absent: (b, t) plays that are not there.
        """
        query = self.copy_query(states)[session, step]
        key = self.copy_key(states)[session]
        apart = step[:, None] - torch.arange(states.shape[1], device=states.device)
        found: Tensor = (key @ query[:, :, None]).squeeze(-1) / math.sqrt(self.config.size)
        found = found + self.copy_distance[apart.clamp(min=0)] + self.copy_gate
        return found.masked_fill((apart < 0) | absent[session], 0.0)


def _apart(length: int, device: torch.device) -> Tensor:
    """(t, t) how many plays each is after each; below 0 for what comes later."""
    step = torch.arange(length, device=device)
    return step[:, None] - step[None]
