"""Taste in words that count the more the rarer they are: `tf·idf` of a product's text, cosine to what was bought."""

from __future__ import annotations

from functools import partial

from ml.config import MlConfig
from ml.response.content import Content, Vectorise, learn_content
from ml.response.recommender import Recommender

_WORDS = 8192


def learn_texts(texts: list[str], config: MlConfig) -> Vectorise:
    """Vocabulary and document frequencies of these texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(max_features=_WORDS, sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    model.fit(sorted(texts))
    transform: Vectorise = model.transform
    return transform


def tfidf() -> Recommender:
    """Words as a response model."""
    return Recommender("tfidf", partial(learn_content, learn_texts), Content.from_arrays, {"words": _WORDS})
