"""Genes of epithelium, mesenchyme and single lineages, individual ones, and genes no cancer line needs."""

from __future__ import annotations

from leap_core.panel.demo.modules import GeneModule, marker, varied

LINEAGE_MODULES: tuple[GeneModule, ...] = (
    # Epithelium and mesenchyme.
    marker(
        "epithelial",
        """
        CDH1 EPCAM CLDN3 CLDN4 CLDN7 ESRP1 ESRP2 GRHL2 OVOL1 OVOL2 ELF3 EHF RAB25 MAL2 KLF5""",
        7.5,
        "emt",
        -0.80,
    ),
    varied(
        "mesenchymal",
        2.8,
        "emt",
        1.10,
        """
        VIM ZEB1 ZEB2 SNAI2 TWIST1 TWIST2 CDH2 FN1 AXL CAV1 CAVIN1 LGALS1 FERMT2 ITGAV PTK2""",
    ),
    marker(
        "collagen_ecm",
        """
        COL1A1 COL1A2 COL3A1 COL5A1 COL5A2 COL6A1 COL6A2 COL6A3 LUM DCN POSTN FBN1 THBS2 BGN PDGFRA""",
        6.5,
        "emt",
        0.55,
    ),
    marker(
        "squamous",
        """
        TP63 KRT5 KRT6A KRT6B KRT14 KRT15 KRT16 KRT17 DSG3 DSC3 PKP1 PERP SFN IRF6 ITGA6""",
    ),
    # Lineages.
    marker(
        "melanocytic",
        """
        MITF PMEL TYR TYRP1 DCT MLANA SLC45A2 GPR143 TRPM1 OCA2 RAB38 GPNMB MLPH BCAN CDK5R1""",
    ),
    marker("neural_crest", "SOX10 S100B ERBB4 PLP1 NGFR FOXD3 TFAP2A TFAP2B EDNRB KIT SOX5", 6.5),
    marker(
        "luminal_breast",
        """
        ESR1 GATA3 PGR TFF1 TFF3 SPDEF TRPS1 AGR2 AGR3 GREB1 CA12 ANKRD30A SCGB2A2 SCGB1D2 TFAP2C""",
    ),
    marker("foxa1_regulon", "FOXA1 AR TSPAN1 CREB3L4 AZGP1", 6.5),
    marker("prostate", "HOXB13 NKX3-1 KLK2 KLK3 TMPRSS2 ACP3 STEAP2 FOLH1 SLC45A3 TRPM8 KLK4"),
    marker(
        "intestinal",
        """
        CDX1 CDX2 VIL1 CDH17 GPA33 LGALS4 FABP1 MYO1A TFF2 GUCY2C SATB2 PHGR1 CEACAM5 CEACAM6 KRT20""",
    ),
    marker("gastric_pancreatic", "GATA6 GATA4 MUC5AC MUC6 CLDN18 ANXA10 CTSE VSIG1 PDX1 ONECUT2 MUC13 REG4 SPINK1"),
    marker(
        "hepatic",
        """
        ALB APOA1 APOA2 APOB APOC3 AFP TTR SERPINA1 FGA FGB FGG HP TF CYP3A4 HNF4A""",
    ),
    marker("hnf1_programme", "HNF1A HNF1B FOXA2 CDH6 LHX1 CYS1", 6.0),
    marker("renal", "PAX8 PAX2 CDH16 LRP2 CUBN SLC22A2 EMX2 GGT1 SLC3A1 UMOD AQP1 EPAS1"),
    marker("mullerian", "WT1 SOX17 MECOM MUC16 FOLR1 MSLN WFDC2 KLK6 KLK7 HOXA9 HOXD10 BCAM"),
    marker("alveolar", "NKX2-1 SFTPB SFTPC SFTPA1 NAPSA SFTA3 LMO3 SLC34A2 SCGB3A2"),
    marker("urothelial", "UPK1A UPK1B UPK2 UPK3A PPARG PSCA SNX31 BHMT TBX3 GRHL3"),
    marker(
        "neuroendocrine",
        """
        ASCL1 INSM1 CHGA CHGB SYP DLL3 SCG2 SCG3 SCN3A CADPS SEZ6 NCAM1 GRP POU3F2 NEUROD1""",
    ),
    marker(
        "sympathoadrenal",
        """
        PHOX2A PHOX2B HAND2 HAND1 ISL1 DBH TH GATA2 MAB21L1 MAB21L2 TLX3 CHRNA3 EYA1 SOX11 LMO1""",
    ),
    varied("mycn_itself", -1.0, "", 0.0, "MYCN", gain=3.0),
    marker(
        "glial",
        """
        OLIG1 OLIG2 GFAP SOX2 SOX8 SOX9 NES PTPRZ1 FABP7 AQP4 ASTN1 CSPG4 NCAN PLPP4 GPM6A""",
    ),
    marker(
        "b_cell",
        """
        PAX5 EBF1 CD19 MS4A1 CD79A CD79B CD22 BLK VPREB3 POU2AF1 POU2F2 BTK FCRLA CD37 SPIB""",
    ),
    marker("b_precursor", "DNTT VPREB1 IGLL1 RAG1 RAG2 CD34 ERG MME", 6.0),
    marker("germinal_centre", "BCL6 MEF2B AICDA RGS13 LMO2 S1PR2 MYBL1 SERPINA9 CARD11 MALT1", 6.0),
    marker("plasma_cell", "IRF4 PRDM1 TNFRSF17 SDC1 JCHAIN MZB1 CD38 SLAMF7 DERL3 FCRL5 TNFRSF13B"),
    marker(
        "t_cell",
        """
        CD3D CD3E CD3G CD247 CD2 CD7 LCK ZAP70 TRAT1 ITK BCL11B TAL1 NOTCH1 CD28 PTCRA""",
        6.8,
    ),
    marker(
        "haematopoietic",
        """
        PTPRC CD53 CORO1A LCP1 IKZF1 IKZF3 LAPTM5 RAC2 MYB RUNX1 FLI1 SYK BCL2 STAT5B CBFB""",
    ),
    marker(
        "myeloid",
        """
        SPI1 CEBPA CEBPE MPO ELANE PRTN3 AZU1 CD33 CSF3R CSF1R CD14 GFI1 FLT3 MEIS1 JAK2""",
    ),
    marker(
        "myogenic",
        """
        MYOD1 MYOG MYF5 MYF6 PAX3 PAX7 DES ACTC1 CHRND CHRNA1 CHRNG MYH3 MYH8 TNNC2 FGFR4""",
    ),
    marker("ewing", "NR0B1 CCK LIPI PRKCB KCNAB3 STEAP1 FATE1 BCL11A XG NPY1R DKK2 JAKMIP2"),
    marker("osteoblastic", "RUNX2 SP7 ALPL IBSP BGLAP SPP1 PHOSPHO1 COL11A1 DLX5 PTH1R"),
    marker("mesothelial", "CALB2 UPK3B ITLN1 LRRN4 BARX1 GATA5 HAS1 PRG4", 6.5),
    marker("notochord", "TBXT CA3 KRT4 SAMD5 RAB3B ACAN COL2A1 MIA SHH"),
    # Genes that vary for reasons of their own, and genes that no cancer line needs.
    varied(
        "homeobox",
        1.6,
        "",
        0.0,
        """
        HOXA1 HOXA5 HOXB2 HOXB3 HOXB7 HOXC8 HOXC9 HOXC10 HOXD8 HOXD9 HOXA13 SIX1 SIX2 PITX1 PITX2""",
        gain=3.0,
    ),
    varied(
        "individual",
        3.6,
        "",
        0.0,
        """
        GSTM1 GSTT1 GSTP1 ERAP2 CHI3L1 SPINK5 TXNIP ARRDC4 CD44 CD24 PROM1 TSPAN8 LCN2 SLPI MAGEA4""",
        gain=3.0,
    ),
    marker(
        "never_needed",
        """
        OR1A1 OR2W3 OR4D1 OR5AN1 OR6C2 OR10H1 OR1L8 TNP1 PRM1 PRM2 TSPY1 ODF1 CSN2 LALBA RHO INS GCG
        PRL GH1""",
        0.0,
    ),
)
