"""The made-up store holds what its benchmark says it holds, and a store takes every file of it."""

from claims import papers
from reproductions.recipe_data import digest
from reproductions.store.outcomes import Store


def test_a_made_up_store_is_sound_and_has_the_shares_it_promises(benchmark, tmp_path):
    made_up_store = benchmark("made_up_store")
    recipes = [recipe for recipe in made_up_store.recipes_of(papers.all_claims()) if recipe.profile == "smoke"]
    made_up_store.fill(tmp_path, recipes, 50)
    store = Store(tmp_path)
    assert store.verify() == []
    entries = list(store.entries())
    codes = [entry.fingerprint for entry in entries]
    assert (len(entries), codes.count(made_up_store.OTHER_CODE)) == (50, 15)
    assert sum(store.is_of_other_code(entry) for entry in entries) == 15
    known = {digest(recipe)[:16] for recipe in recipes}
    assert sum(entry.path.name.partition("-")[0] not in known for entry in entries) == 15
    assert len(list((tmp_path / "leases").iterdir())) == 35
