"""Two rows of titles that only together tell the columns apart."""

import pytest

from leap_core.io.tables import read_columns
from leap_core.io.title_tiers import joined_tiers

VALUES = ["KIT,1.5,20,3.5,40", "TP53,2.5,30,4.5,50", "MYC,0.5,10,1.5,20"]


@pytest.mark.parametrize(
    ("upper", "lower", "titles"),
    [
        (",HT29,,A549,", "Gene,TPM,counts,TPM,counts", ["HT29 TPM", "HT29 counts", "A549 TPM", "A549 counts"]),
        (",HT29,HT29,A549,A549", "Gene,TPM,counts,TPM,counts", ["HT29 TPM", "HT29 counts", "A549 TPM", "A549 counts"]),
        (",Ctrl,,Drug,", "Gene,rep1,rep2,rep1,rep2", ["Ctrl rep1", "Ctrl rep2", "Drug rep1", "Drug rep2"]),
        ("Gene,Ctrl,,Drug,", ",1,2,1,2", ["Ctrl 1", "Ctrl 2", "Drug 1", "Drug 2"]),
        (",TPM,TPM,counts,counts", "Gene,HT29,A549,HT29,A549", ["TPM HT29", "TPM A549", "counts HT29", "counts A549"]),
    ],
)
def test_two_rows_of_titles_become_one(upper, lower, titles):
    raw = read_columns("\n".join([upper, lower, *VALUES]).encode(), "t.csv")
    assert list(raw.frame.columns) == ["Gene", *titles]
    assert raw.frame.iloc[0].tolist() == ["KIT", 1.5, 20, 3.5, 40]
    assert "two rows of titles were joined" in raw.notes


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("Gene,a,b,c,d", "lineage,Lung,Lung,Skin,Skin"),
        ("Gene,a,b,c,d", "KIT,1,2,1,2"),
        (",Lung,,Skin,", "Gene,a,b,c,d"),
        ("Gene,a,,c,", "KIT,1,2,1,2"),
    ],
)
def test_what_one_row_tells_alone_is_not_joined(upper, lower):
    assert joined_tiers(upper.split(","), lower.split(","), {1, 2, 3, 4}) is None
