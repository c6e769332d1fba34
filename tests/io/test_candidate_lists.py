"""What a laboratory has to test, as a list and as its table of stocks."""

import io

import pandas as pd
import pytest

from leap_core.errors import UnreadableTableError
from leap_core.io.candidate_lists import read_candidates
from leap_core.io.measured_screens import KnownNames
from tests.genes.test_gene_names import NAMES

MODEL = pd.Index(["Erlotinib_1168", "Nutlin-3a (-)_1047", "5-Fluorouracil_1073", "BX-795", "1,10-Phenanthroline"])
WANTED = ["BX-795", "Erlotinib_1168", "1,10-Phenanthroline"]
KNOWN = KnownNames.of(MODEL, NAMES)


def workbook():
    stream = io.BytesIO()
    pd.DataFrame({"Well": ["A1", "A2", "A3"], "Compound": ["BX-795", "erlotinib", "1,10-Phenanthroline"]}).to_excel(
        stream, index=False
    )
    return stream.getvalue()


def one_column():
    stream = io.BytesIO()
    pd.DataFrame({"Compound": ["BX-795", "erlotinib", "1,10-Phenanthroline"]}).to_excel(stream, index=False)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"BX-795\nErlotinib\n1,10-Phenanthroline\n",
        b"\xef\xbb\xbfname\r\nBX-795\r\nErlotinib_1168\r\n\r\n1,10-Phenanthroline\r\n",
        b'well,compound,mM\nA1,BX-795,10\nA2,Erlotinib,10\nA3,"1,10-Phenanthroline",5\n',
        b"A1\tBX-795\t10\nA2\terlotinib\t10\nA3\t1,10-Phenanthroline\t5\n",
        workbook(),
        b"BX-795\tErlotinib\t1,10-Phenanthroline",
        one_column(),
    ],
)
def test_a_list_and_a_table_hold_the_same_candidates(content):
    assert read_candidates(content, "freezer.dat", KNOWN)[0] == WANTED


def test_names_that_are_none_are_told():
    found, missing = read_candidates(b"BX-795\nAspirin\nErlotinib\nAspirin\n", "f.txt", KNOWN)
    assert found == ["BX-795", "Erlotinib_1168"] and missing == ["Aspirin"]
    missing = read_candidates(b"well,compound\nA1,BX-795\nA2,Aspirin\nA3,Erlotinib\n", "f.csv", KNOWN)[1]
    assert missing == ["Aspirin"]


def test_what_is_no_text_is_refused():
    with pytest.raises(UnreadableTableError):
        read_candidates(b"PAR1" + bytes(40), "f.txt", KNOWN)
