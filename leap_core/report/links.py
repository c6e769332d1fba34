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
    context = f"{lineage} cancer" if lineage else "cancer"
    return {
        title: address.format(name=quote(name, safe=""), context=quote(context, safe=""))
        for title, address in (_GENE if kind == "gene" else _DRUG).items()
    }


def first_link(kind: str, name: str, lineage: str | None = None) -> str:
    """The address that a name in a report or workbook leads to: DepMap's of a gene, ChEMBL's of a drug."""
    return next(iter(links_of(kind, name, lineage).values()))
