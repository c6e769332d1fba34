"""Tables that the user supplied are what was kept, or one sentence says which file is damaged."""

import numpy as np
import pytest

from leap_core.errors import StoreError
from leap_core.io.reference import Reference, shipped_gene_names

GENES = sorted(shipped_gene_names().approved)[:200]


def everything(reference):
    """All that is read of the folder, as text."""
    return repr(
        [
            reference.drugs().to_csv(),
            reference.drug_shelf.records(),
            reference.essentials(),
            reference.gene_set_records(),
            sorted((name, sorted(genes)) for name, genes in reference.gene_sets("own.gmt").sets.items()),
        ]
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    reference = Reference(tmp_path_factory.mktemp("reference"))
    rows = [f"DRUG-{number},{GENES[number]}|{GENES[number + 1]}" for number in range(40)]
    reference.keep_drugs("\n".join(["drug,target", *rows]).encode(), "drugs.csv")
    reference.keep_essentials("\n".join(GENES[:50]).encode(), "essentials.txt")
    sets = [f"SET{number}\tx\t" + "\t".join(GENES[number : number + 20]) for number in range(20)]
    reference.keep_gene_sets("\n".join(sets).encode(), "own.gmt")
    return reference, everything(reference)


def changed(content, kind, random):
    if kind == "cut":
        return content[: len(content) // 2]
    if kind == "empty":
        return b""
    if kind == "null":
        return b"null"
    if kind == "a list":
        return b"[" * 50_000
    flipped = bytearray(content)
    flipped[random.integers(len(flipped))] ^= 1 << random.integers(8)
    return bytes(flipped)


@pytest.mark.parametrize("kind", ["cut", "empty", "null", "a list", "gone", *[f"bit {number}" for number in range(12)]])
def test_a_change_of_any_kept_file_is_said_or_without_effect(kept, kind):
    reference, before = kept
    random = np.random.default_rng(int(kind[4:]) if kind.startswith("bit") else 0)
    files = sorted(path for path in reference.folder.rglob("*") if path.is_file())
    assert len(files) == 5
    for path in files:
        content = path.read_bytes()
        try:
            if kind == "gone":
                path.unlink()
            else:
                path.write_bytes(changed(content, kind, random))
            if kind == "gone" and path.suffix == ".json":
                # Without its record a file is none of the user's any more.
                continue
            try:
                found = everything(reference)
            except StoreError as said:
                assert path.name in str(said)
            else:
                assert found == before, path.name
        finally:
            path.write_bytes(content)
    assert everything(reference) == before
