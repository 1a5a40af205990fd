"""One peer on one matrix, in the peer's own environment; knows nothing of musicai.

python worker.py JOB.npz OUT.npz METHOD SETTINGS SEED

``JOB.npz`` holds a CSR matrix (``data``, ``indices``, ``indptr``, ``shape``), the ``users``
who are asked for, and ``k``. ``SETTINGS`` is a JSON list of keyword sets. ``OUT.npz`` gets
``lists``, (n_settings, n_users, k) int32 item rows, best first, −1 for padding, with the
user's training items left out, and ``seconds``, (n_settings, 2) for fitting and ranking.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
from scipy.sparse import csr_matrix


def _implicit(method, settings, matrix, users, k, seed):
    import implicit
    import threadpoolctl

    settings = dict(settings)
    alpha = settings.pop("alpha", 1.0)
    made = {
        "als": lambda: implicit.als.AlternatingLeastSquares(
            **settings, alpha=alpha, random_state=seed
        ),
        "bpr": lambda: implicit.bpr.BayesianPersonalizedRanking(**settings, random_state=seed),
        "cosine": lambda: implicit.nearest_neighbours.CosineRecommender(**settings),
    }[method]()
    started = time.perf_counter()
    with threadpoolctl.threadpool_limits(1, "blas"):
        made.fit(matrix, show_progress=False)
    fitted = time.perf_counter()
    found, scores = made.recommend(users, matrix[users], N=k, filter_already_liked_items=True)
    lists = np.where(np.isfinite(scores) & (scores > -1e30), found, -1)
    return lists, (fitted - started, time.perf_counter() - fitted)


def _rectools(method, settings, matrix, users, k, seed):
    import pandas as pd
    from rectools.dataset import Dataset
    from rectools.models import EASEModel, PureSVDModel

    made = {
        "ease": lambda: EASEModel(**settings),
        "pure_svd": lambda: PureSVDModel(**settings),
    }[method]()
    np.random.seed(seed)  # what it passes on as its own seed is refused by newer SciPy
    pairs = matrix.tocoo()
    frame = pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col, "weight": 1.0})
    frame["datetime"] = pd.Timestamp("2020-01-01")
    data = Dataset.construct(frame)
    started = time.perf_counter()
    made.fit(data)
    fitted = time.perf_counter()
    found = made.recommend(users=users, dataset=data, k=k, filter_viewed=True)
    lists = np.full((len(users), k), -1, dtype=np.int32)
    row = pd.Index(users).get_indexer(found["user_id"])
    lists[row, found["rank"].to_numpy() - 1] = found["item_id"]
    return lists, (fitted - started, time.perf_counter() - fitted)


def _lenskit(method, settings, matrix, users, k, seed):
    import lenskit.random
    import pandas as pd
    from lenskit.als import ImplicitMFScorer
    from lenskit.batch import recommend
    from lenskit.data import from_interactions_df
    from lenskit.knn import ItemKNNScorer
    from lenskit.pipeline import topn_pipeline

    lenskit.random.set_global_rng(seed)
    kinds = {"als": ImplicitMFScorer, "item_knn": ItemKNNScorer}
    if method == "item_knn":
        settings = {**settings, "feedback": "implicit"}
    pairs = matrix.tocoo()
    data = from_interactions_df(pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col}))
    pipeline = topn_pipeline(kinds[method](**settings), n=k)
    started = time.perf_counter()
    pipeline.train(data)
    fitted = time.perf_counter()
    found = recommend(pipeline, users.tolist(), n=k, n_jobs=1)
    lists = np.full((len(users), k), -1, dtype=np.int32)
    place = {user: row for row, user in enumerate(users.tolist())}
    for key, items in found:
        ids = items.ids()[:k]
        lists[place[int(key.user_id)], : len(ids)] = ids
    return lists, (fitted - started, time.perf_counter() - fitted)


FAMILIES = {"implicit": _implicit, "rectools": _rectools, "lenskit": _lenskit}


def main():
    """Run all settings of a method."""
    job, out, method, settings, seed = sys.argv[1:]
    warnings.simplefilter("ignore")
    with np.load(job, allow_pickle=False) as stored:
        parts = stored["data"], stored["indices"], stored["indptr"]
        matrix = csr_matrix(parts, shape=tuple(stored["shape"]))
        users, k = stored["users"], int(stored["k"])
    family, name = method.split(".")
    found = [
        FAMILIES[family](name, one, matrix, users, k, int(seed)) for one in json.loads(settings)
    ]
    lists = np.array([one[0] for one in found], dtype=np.int32)
    for place, user in enumerate(users):  # where nothing is left, some fill up with these
        lists[:, place][np.isin(lists[:, place], matrix[user].indices)] = -1
    np.savez(out, lists=lists, seconds=np.array([one[1] for one in found]))


if __name__ == "__main__":
    main()
