"""Recipes by name: which are offered, what each costs, and the ablations that only benchmarks name."""

import numpy as np
import pytest

from benchmarks.ablations import recipe_of
from leap_core.errors import UserError
from leap_core.model.catalogue import DEFAULT, recipe_called, recipe_words
from leap_core.model.stages import training_set
from leap_core.model.work import ensemble_work

ABLATIONS = ("leap-lasso-paper-schedule", "ae-lasso", "damae-lasso", "pca-lasso", "identity-lasso")


def test_the_default_is_offered_first_and_every_recipe_is_another():
    offered = list(recipe_words())
    assert offered[0] == DEFAULT == "leap-best" and len(offered) == 15
    assert all(recipe_called(name).name == name and words for name, words in recipe_words().items())
    assert len({repr(recipe_called(name).groups) for name in offered}) == 15


@pytest.mark.parametrize("name", recipe_words())
def test_every_recipe_says_how_long_it_takes(name, planted_panel):
    recipe = recipe_called(name)
    work = ensemble_work(training_set(planted_panel, recipe_called(DEFAULT)), recipe)
    assert all(np.isfinite(seconds) and seconds > 0 for seconds in work.values())


@pytest.mark.parametrize("name", ABLATIONS)
def test_ablations_are_lasso_recipes_of_the_benchmarks_alone(name):
    with pytest.raises(UserError, match="Known ones"):
        recipe_called(name)
    recipe = recipe_of(name)
    assert recipe.name == name and [group.regressor for group in recipe.groups] == [
        recipe_called("leap-lasso").groups[0].regressor
    ]
    assert recipe.groups != recipe_called("leap-lasso").groups


def test_the_published_schedule_and_the_width_of_the_slowest_are_as_they_were():
    paper = recipe_of("leap-lasso-paper-schedule").groups[0].representation
    assert (paper.schedule, paper.learning_rate, paper.batch_size, paper.max_epochs) == ("constant", 1e-4, 1024, 1000)
    assert recipe_of("identity-lasso").preprocessing.max_genes == 1000
    assert recipe_of("leap-best") == recipe_called("leap-best")
