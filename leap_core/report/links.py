"""Where more is known of a gene or drug: addresses of public databases. Nothing is sent before a link is followed."""

from __future__ import annotations

from urllib.parse import quote

_GENE = {
    "DepMap": "https://depmap.org/portal/gene/{name}",
    "Open Targets": "https://platform.opentargets.org/search?q={name}&page=1",
    "GeneCards": "https://www.genecards.org/cgi-bin/carddisp.pl?gene={name}",
    "UniProt": "https://www.uniprot.org/uniprotkb?query=gene_exact:{name}+AND+organism_id:9606",
    "PubMed": "https://pubmed.ncbi.nlm.nih.gov/?term={name}+AND+{context}",
}
_DRUG = {
    "ChEMBL": "https://www.ebi.ac.uk/chembl/search_results/{name}",
    "PubChem": "https://pubchem.ncbi.nlm.nih.gov/#query={name}",
    "DrugBank": "https://go.drugbank.com/unearth/q?query={name}&searcher=drugs",
    "ClinicalTrials.gov": "https://clinicaltrials.gov/search?intr={name}&cond={context}",
    "PubMed": "https://pubmed.ncbi.nlm.nih.gov/?term={name}+AND+{context}",
}


def links_of(kind: str, name: str, lineage: str | None = None) -> dict[str, str]:
    """Addresses of public databases on a perturbation, by what they are called.

    Parameters
    ----------
    kind
        ``gene`` or ``drug``.
    name
        Symbol of the gene, or name of the drug.
    lineage
        What literature and trials are narrowed to, with the word cancer; any cancer where it is None.

    Examples
    --------
    >>> links_of("gene", "TP53")["DepMap"]
    'https://depmap.org/portal/gene/TP53'
    >>> links_of("drug", "5-FU", "Bowel")["PubMed"]
    'https://pubmed.ncbi.nlm.nih.gov/?term=5-FU+AND+Bowel%20cancer'
    """
    return {title: _filled(address, name, lineage) for title, address in _addresses(kind).items()}


def first_link(kind: str, name: str, lineage: str | None = None) -> str:
    """The address that a name in a report or workbook leads to: DepMap's of a gene, ChEMBL's of a drug."""
    return _filled(next(iter(_addresses(kind).values())), name, lineage)


def _addresses(kind: str) -> dict[str, str]:
    return _GENE if kind == "gene" else _DRUG


def _filled(address: str, name: str, lineage: str | None) -> str:
    context = f"{lineage} cancer" if lineage else "cancer"
    return address.format(name=quote(name, safe=""), context=quote(context, safe=""))
