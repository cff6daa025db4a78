from __future__ import annotations

from safeguard.taxonomy import Category, Tier, taxonomy, text_categories


def test_nineteen_categories_each_with_names_and_reasons_in_both_languages() -> None:
    assert len(taxonomy()) == len(Category) == 19
    for info in taxonomy().values():
        assert set(info.name) == set(info.reason) == {"vi", "en"}


def test_only_child_exploitation_is_locked() -> None:
    assert [category for category, info in taxonomy().items() if info.tier is Tier.LOCKED] == [
        Category.CHILD_EXPLOITATION
    ]


def test_two_categories_rest_on_lists_alone() -> None:
    assert set(Category) - set(text_categories()) == {Category.CHILD_EXPLOITATION, Category.MALWARE}
