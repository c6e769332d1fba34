"""Models as the pages see them: listed by kind, loaded once, shared read-only by all sessions."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import dataclass

import streamlit as st

from leap_core.errors import LeapError
from leap_core.genes.names import GeneNames
from leap_core.io.gene_sets import GeneSets
from leap_core.ranking.annotations import Annotations
from leap_core.run.mapping import hold_blas_to_one_thread
from leap_core.run.store import Store, default_home
from leap_core.services.demo import demo_gene_sets
from leap_core.services.models import Model, annotations_of, gene_names_of, load_model, reference_of

_SEEN = "stamps_of_models"


def store() -> Store:
    """The store of this installation."""
    return Store(default_home())


def open_model(name: str) -> Model:
    """Return a model; loading is shared by all sessions and follows the name when it is trained anew.

    Files that were cut or written to since are not touched: the model is opened, and so checked, again.

    Raises
    ------
    LeapError
        If there is none of that name any more, or it cannot be used.
    """
    return _load(*_as_it_lies(name))


def _as_it_lies(name: str) -> tuple[str, str, str, str]:
    """Home, name and key of a model, and the stamp of its files: what is loaded once."""
    here = store()
    home, key = str(here.home), here.resolve(name)
    seen: dict[tuple[str, str], str] = st.session_state.setdefault(_SEEN, {})
    if (home, key) not in seen:
        seen[home, key] = here.stamp(_parts(home, key, here.stamp({key})))
    return home, name, key, seen[home, key]


def look_again() -> None:
    """At the start of a run of the page: whether a model's files are as they were is looked at once in each."""
    st.session_state[_SEEN] = {}


@dataclass(frozen=True)
class ListedModel:
    """What lists of models say of one: its key, its kind, and whether its panel is simulated."""

    key: str
    kind: str
    simulated: bool


def usable_models() -> dict[str, ListedModel]:
    """The models that can be opened now, by name; each is opened once, however many there are."""
    found = {}
    for name in store().names():
        with contextlib.suppress(LeapError):
            found[name] = _listed(*_as_it_lies(name))
    return found


@st.cache_data(max_entries=1000, show_spinner="Opening the models")
def _listed(home: str, name: str, key: str, parts: str) -> ListedModel:
    panel = _load(home, name, key, parts).panel
    return ListedModel(key, panel.score.kind, panel.simulated)


def readable_models() -> list[str]:
    """Names of the models that can be opened now."""
    return list(usable_models())


def models_of(kind: str) -> list[str]:
    """Names of the models of one kind (``gene`` or ``drug``), real ones before the demo."""
    models = {name: model for name, model in usable_models().items() if model.kind == kind}
    return sorted(models, key=lambda name: (models[name].simulated, name))


def gene_names() -> GeneNames:
    """Tables of gene identifiers, fetched or as they come with the program; read once for all sessions."""
    keys = tuple((name, model.key) for name, model in usable_models().items())
    return _gene_names(str(store().home), reference_of(store()).gene_names_record()["sha256"], keys)


def gene_set_names(model: Model) -> list[str]:
    """Names of the gene sets that there are: the user's own, the demo's for a demo model, those of the program."""
    reference = reference_of(store())
    own = [record["name"] for record in reference.gene_set_shelf.records()]
    demo = [demo_gene_sets().source] if model.panel.simulated else []
    return list(dict.fromkeys([*own, *demo, *(record["name"] for record in reference.gene_set_records())]))


def gene_sets(model: Model, name: str) -> GeneSets:
    """Gene sets by name, under a model's names for its genes; read once for all sessions.

    Raises
    ------
    UserError
        If no set of them shares genes with the model.
    """
    reference = reference_of(store())
    digest = next((record["sha256"] for record in reference.gene_set_records() if record["name"] == name), "")
    return _gene_sets(str(store().home), name, digest, model.name, model.key)


@st.cache_resource(max_entries=8, show_spinner="Opening the gene sets")
def _gene_sets(home: str, name: str, digest: str, model: str, key: str) -> GeneSets:
    demo = demo_gene_sets()
    sets = reference_of(store()).gene_sets(name) if digest else demo
    return sets.for_genes(open_model(model).ensemble.standardiser.genes, gene_names())


def supplied_tables() -> Annotations:
    """Tables of drugs and the list of common essentials that were supplied; read once for all sessions."""
    reference = reference_of(store())
    supplied = (
        reference.essentials()[0].get("sha256", ""),
        reference.gene_names_record()["sha256"],
        *(record["name"] + record["sha256"] for record in reference.drug_shelf.records()),
    )
    return _supplied_tables(str(store().home), supplied, gene_names())


def _content_of(names: GeneNames) -> tuple[str, int, int]:
    """What tells tables of identifiers apart: a model's headers add Entrez ids to the same source."""
    return names.source, len(names.approved), len(names.entrez)


@st.cache_resource(max_entries=1, show_spinner="Opening the tables of drugs", hash_funcs={GeneNames: _content_of})
def _supplied_tables(home: str, supplied: tuple[str, ...], names: GeneNames) -> Annotations:
    return annotations_of(store(), names)


@st.cache_resource(max_entries=1, show_spinner="Opening the table of gene identifiers")
def _gene_names(home: str, digest: str, models: tuple[tuple[str, str], ...]) -> GeneNames:
    return gene_names_of(store(), [open_model(name) for name, _ in models])


@st.cache_data(max_entries=200, show_spinner=False)
def _parts(home: str, key: str, own: str) -> frozenset[str]:
    """Keys of a model's parts, of which its own artefact says which they are."""
    return frozenset({key, *store().named_by(key)})


@st.cache_resource(max_entries=6, show_spinner="Opening the model")
def _load(home: str, name: str, key: str, parts: str) -> Model:
    hold_blas_to_one_thread()
    model = load_model(name, store())
    # What is loaded by now, code and models, stays: a collection need not look at it again. Collections after every run
    # are switched off in .streamlit/config.toml, and Python collects by itself.
    gc.collect()
    gc.freeze()
    return model
