"""One typed object holds what a session knows: its upload, its scored samples, its shortlist. Never shared."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import streamlit as st

from leap_core.errors import LeapError
from leap_core.pilot.outcome import Pilot
from leap_core.report.shortlist import Shortlist
from leap_core.sample.pooling import KEEP
from leap_core.sample.profiles import Profiles, ReadOptions
from leap_core.services.models import Model
from leap_core.services.pilot import with_pilot
from leap_core.services.scoring import ScoredSample, score_sample, with_concordance
from pages.shared.models import open_model, supplied_tables

# Tables of scored samples in one session: some thirty of a genome-wide model.
_MAX_TABLE_BYTES = 256 * 2**20
KINDS = {"gene": "Genes", "drug": "Drugs"}


@dataclass(frozen=True)
class Upload:
    """Files as they were uploaded, and how the user wants them read; in memory only.

    Attributes
    ----------
    files
        Name and content of each.
    options, pool
        As in `leap_core.sample.uploads.read_uploads`.
    """

    files: tuple[tuple[str, bytes], ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    pool: str = KEEP

    @property
    def names(self) -> str:
        """Names of the files."""
        return ", ".join(name for name, _ in self.files)

    def digest(self) -> str:
        """SHA-256 of the content and of how it is read."""
        return hashlib.sha256(repr((self.options, self.pool, self.content_digest())).encode()).hexdigest()

    def content_digest(self) -> str:
        """SHA-256 of the content, however it is read."""
        total = hashlib.sha256()
        for name, content in self.files:
            total.update(name.encode())
            total.update(hashlib.sha256(content).digest())
        return total.hexdigest()


@dataclass
class Picks:
    """What was picked for one sample, with notes, by kind."""

    names: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    notes: dict[str, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in KINDS})

    def __len__(self) -> int:
        return sum(map(len, self.names.values()))


@dataclass
class Session:
    """State of one browser session; it lives in memory (see `pages.shared.return_visits` for how long)."""

    kind: str = "gene"
    models: dict[str, str | None] = field(default_factory=dict)
    sample: str | None = None
    profiles: Profiles | None = None
    upload: Upload | None = None
    upload_id: str = ""
    content_id: str = ""
    picks: dict[tuple[str, str], Picks] = field(default_factory=dict)
    scored: dict[tuple[str, ...], ScoredSample] = field(default_factory=dict)
    pilots: dict[tuple[str, str, str], Pilot] = field(default_factory=dict)

    def accept(self, profiles: Profiles, upload: Upload) -> None:
        """Take an upload over, and look at its first sample; every sample keeps its own shortlist."""
        self.sample = profiles.samples[0]
        self.profiles, self.upload = profiles, upload
        self.upload_id, self.content_id = upload.digest(), upload.content_digest()
        self.scored.clear()

    def score(self, model_name: str, sample: str) -> ScoredSample:
        """Score a sample of the upload by a model, once per session.

        Raises
        ------
        SampleError
            If the sample cannot be scored by this model.
        """
        assert self.profiles is not None
        model = open_model(model_name)
        key = (model.key, self.upload_id, sample, *_tables())
        if key not in self.scored:
            self._keep(key, score_sample(model, self.profiles, sample, supplied_tables()))
        return self.scored[key]

    def score_after_pilot(self, model_name: str, sample: str) -> ScoredSample:
        """Score a sample, and take its pilot into account where there is one.

        Raises
        ------
        SampleError
            If the sample cannot be scored by this model, or nothing can be told from the pilot.
        """
        alone, model = self.score(model_name, sample), open_model(model_name)
        pilot = self.pilot_of(model, sample)
        if pilot is None:
            return alone
        key = (model.key, self.upload_id, sample, self._pilot_id(model, sample), *_tables())
        if key not in self.scored:
            self._keep(key, with_pilot(model, alone, pilot))
        return self.scored[key]

    def _pilot_key(self, model: Model, sample: str) -> tuple[str, str, str]:
        # By content: another file of the same name may hold another sample of the same name.
        return (self.content_id, sample, model.key)

    def _pilot_id(self, model: Model, sample: str) -> str:
        """What tells the pilots of a sample apart; nothing without one."""
        pilot = self.pilot_of(model, sample)
        return "" if pilot is None else pilot.digest()

    def pilot_of(self, model: Model, sample: str) -> Pilot | None:
        """What was measured of a sample first; None where nothing was taken."""
        return self.pilots.get(self._pilot_key(model, sample))

    def take_pilot(self, model: Model, sample: str, pilot: Pilot | None) -> None:
        """Take a pilot for a sample, or take it away again."""
        if pilot is None:
            self.pilots.pop(self._pilot_key(model, sample), None)
        else:
            self.pilots[self._pilot_key(model, sample)] = pilot

    def try_pilot(self, model: Model, sample: str, pilot: Pilot) -> None:
        """Take a pilot for a sample, if something can be told from it; else everything stays as it was."""
        before = self.pilot_of(model, sample)
        self.take_pilot(model, sample, pilot)
        try:
            self.score_after_pilot(model.name, sample)
        except BaseException:
            self.take_pilot(model, sample, before)
            raise

    def score_beside(self, model_name: str, other_name: str | None, sample: str) -> ScoredSample:
        """Score a sample, and say where the other model (drugs beside genes, genes beside drugs) agrees or conflicts.

        Raises
        ------
        SampleError
            If the sample cannot be scored by the first model.
        """
        alone = self.score_after_pilot(model_name, sample)
        if other_name is None or not len(supplied_tables().drugs):
            return alone
        model, other = open_model(model_name), open_model(other_name)
        pilots = (self._pilot_id(model, sample), self._pilot_id(other, sample))
        key = (model.key, other.key, self.upload_id, sample, *pilots, *_tables())
        if key not in self.scored:
            try:
                both = {
                    model.panel.score.kind: (model, alone),
                    other.panel.score.kind: (other, self.score_after_pilot(other_name, sample)),
                }
            except LeapError:
                return alone
            genes, drugs = with_concordance(*both["gene"], *both["drug"], supplied_tables())
            self._keep(key, genes if model.panel.score.kind == "gene" else drugs)
        return self.scored[key]

    def _keep(self, key: tuple[str, ...], scored: ScoredSample) -> None:
        """Keep a scored sample; the oldest go when a session's tables outgrow their share of memory."""
        self.scored[key] = scored
        while (
            len(self.scored) > 2
            and sum(int(one.table.memory_usage().sum()) for one in self.scored.values()) > _MAX_TABLE_BYTES
        ):
            del self.scored[next(iter(self.scored))]

    @property
    def own(self) -> Picks:
        """Shortlist and notes of the sample that is looked at, by its name and that of its files."""
        return self.picks.setdefault(("" if self.upload is None else self.upload.names, self.sample or ""), Picks())

    @property
    def shortlist(self) -> dict[str, list[str]]:
        """Names picked for this sample, by kind."""
        return self.own.names

    @property
    def notes(self) -> dict[str, dict[str, str]]:
        """Notes on names picked for this sample, by kind."""
        return self.own.notes

    @property
    def elsewhere(self) -> dict[str, Picks]:
        """Shortlists of other samples that hold something, by the sample's name and its files'."""
        return {
            f"{sample} ({files})" if files else sample: picks
            for (files, sample), picks in self.picks.items()
            if picks is not self.own and len(picks)
        }

    def pick(self, kind: str, perturbations: list[str]) -> int:
        """Add perturbations to the shortlist; return how many were new."""
        new = [name for name in dict.fromkeys(perturbations) if name not in self.shortlist[kind]]
        self.shortlist[kind].extend(new)
        return len(new)

    def unpick(self, kind: str, perturbations: list[str]) -> None:
        """Take perturbations off the shortlist."""
        self.shortlist[kind] = [name for name in self.shortlist[kind] if name not in perturbations]

    def take_up(self, saved: Shortlist) -> int:
        """Add a saved shortlist with its notes; return how many names were new."""
        for kind in KINDS:
            self.notes[kind].update(saved.notes.get(kind, {}))
        return sum(self.pick(kind, saved.names.get(kind, [])) for kind in KINDS)

    @property
    def picked(self) -> int:
        """Number of perturbations on the shortlist."""
        return len(self.own)


def _tables() -> tuple[str, str]:
    """What tells the tables beside the models apart."""
    tables = supplied_tables()
    return tables.key, str(len(tables.names.entrez))


def session() -> Session:
    """The session's state, made at its first use."""
    if "leap" not in st.session_state:
        st.session_state["leap"] = Session()
    state: Session = st.session_state["leap"]
    return state


def chosen_model(kind: str) -> str | None:
    """Name of the gene or drug model chosen in the sidebar; None where it is gone or cannot be used any more."""
    name = session().models.get(kind)
    try:
        return None if name is None else open_model(name).name
    except LeapError:
        return None


def chosen_sample() -> str | None:
    """Name of the sample chosen in the sidebar."""
    return session().sample
