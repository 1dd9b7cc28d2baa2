"""Taste in topics: latent Dirichlet allocation of product texts, cosine to the topics of what was bought."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ml.config import MlConfig
from ml.response.content import Content, Vectorise, learn_content
from ml.response.recommender import Recommender

_WORDS, _TOPICS, _PASSES, _BATCH = 4096, 40, 3, 1024
# Distinct texts that topics are learned from.
_MOST_TEXTS = 15_000
# Under it, a topic is no more than the prior's crumb.
_LEAST_SHARE = 0.05


def learn_texts(texts: list[str], config: MlConfig) -> Vectorise:
    """Topics of these texts, each distinct one once."""
    from sklearn.decomposition import LatentDirichletAllocation
    from sklearn.feature_extraction.text import CountVectorizer

    distinct = sorted(set(texts))
    learned = distinct[:: -(-len(distinct) // _MOST_TEXTS)]
    words = CountVectorizer(max_features=_WORDS, token_pattern=r"(?u)\b\w+\b")
    topics = LatentDirichletAllocation(
        _TOPICS, learning_method="online", max_iter=_PASSES, batch_size=_BATCH, random_state=config.seed
    )
    topics.fit(words.fit_transform(learned))

    def vectorise(asked: list[str]) -> Any:
        own, place = np.unique(np.array(asked, dtype=str), return_inverse=True)
        counts = words.transform(own)
        shares = np.asarray(topics.transform(counts))
        # A text without a known word is about nothing, and not about all topics alike.
        kept = (shares >= _LEAST_SHARE) & (counts.getnnz(axis=1) > 0)[:, None]
        return np.where(kept, shares, 0.0)[place]

    return vectorise


def lda() -> Recommender:
    """Topics as a response model."""
    facts = {"topics": _TOPICS, "words": _WORDS, "passes": _PASSES}
    return Recommender("lda", partial(learn_content, learn_texts), Content.from_arrays, facts)
