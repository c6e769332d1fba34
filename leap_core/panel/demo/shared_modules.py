"""Genes that all lines express more or less: core machinery, growth, signalling, metabolism and stress."""

from __future__ import annotations

from leap_core.panel.demo.modules import GeneModule, steady, varied

SHARED_MODULES: tuple[GeneModule, ...] = (
    # What every cell expresses.
    steady(
        "ribosome",
        9.6,
        """
        RPL3 RPL4 RPL5 RPL6 RPL7 RPL8 RPL11 RPL14 RPL27 RPL37 RPS3 RPS6 RPS14 RPS19 RPS4X""",
        "myc",
        0.10,
    ),
    steady(
        "proteasome",
        6.4,
        """
        PSMA1 PSMA2 PSMA3 PSMA5 PSMA6 PSMA7 PSMB1 PSMB2 PSMB3 PSMB4 PSMB5 PSMB6 PSMC2 PSMD1 PSMD7""",
        "proliferation",
        0.08,
    ),
    steady(
        "spliceosome",
        5.9,
        """
        SF3B1 SF3B2 SF3B3 SF3A1 SF3A3 SNRPD1 SNRPD2 SNRPD3 SNRPA1 SNRPB SNRPE PRPF8 PRPF19 U2AF1
        EFTUD2""",
        "proliferation",
        0.10,
    ),
    steady(
        "transcription_machinery",
        5.0,
        """
        POLR2A POLR2B POLR2D POLR2F POLR2G POLR2L POLR1A POLR1B POLR1C POLR3A POLR3K TAF1 TAF6 TAF10
        GTF2B""",
    ),
    steady(
        "translation_factors",
        7.0,
        """
        EIF3A EIF3B EIF3C EIF3D EIF3I EIF2S1 EIF2S3 EIF4A1 EIF4A3 EIF4G1 EIF5A EIF5B EIF6 EEF2
        EIF1AX""",
        "myc",
        0.15,
    ),
    steady(
        "housekeeping",
        8.0,
        """
        ACTB ACTG1 GAPDH TUBA1B TUBB B2M PPIA UBC UBB HPRT1 VCP XPO1 RAN KPNB1 ILK""",
    ),
    steady(
        "chaperonin_trafficking",
        6.0,
        """
        CCT2 CCT5 HSPA9 COPA COPB1 VPS4A VPS4B CDS2 RPP25L FAM50A DDX3X TTC7A PELO NXT1 SLC25A28
        INTS6 TLK2 TLK1 PAPSS1""",
    ),
    steady(
        "chromatin",
        4.8,
        """
        SMARCA4 SMARCB1 ARID1A ARID1B KMT2A MEN1 DOT1L STAG1 STAG2 PRMT5 WDR77 RIOK1 MAT2A ADAR USP7""",
    ),
    varied("smarca2_like", 4.0, "emt", 0.25, "SMARCA2 SMARCD3 CBX7 ENO2 NXT2 INTS6L SLC25A37 TTC7B PAPSS2 FOCAD"),
    # Growth and cell cycle.
    varied(
        "cell_cycle",
        5.4,
        "proliferation",
        0.55,
        """
        MKI67 TOP2A CCNB1 CCNB2 CCNA2 CDK1 PLK1 AURKA AURKB BUB1 BUB1B MAD2L1 CDC20 CDC25C KIF11""",
    ),
    varied(
        "dna_replication",
        5.2,
        "proliferation",
        0.45,
        """
        MCM2 TOP1 MCM3 MCM4 MCM5 MCM6 MCM7 PCNA RPA1 RPA2 RPA3 RFC2 RFC4 RRM1 RRM2 TYMS""",
    ),
    varied(
        "cdk_regulators",
        4.6,
        "proliferation",
        0.10,
        "CDK4 CDK6 CDK2 CCND1 CCND2 CCND3 CCNE1 CCNE2 E2F3 RB1 RBL1 CDKN1B CDKN2C",
        gain=2.0,
    ),
    varied(
        "dna_repair",
        4.2,
        "proliferation",
        0.25,
        """
        BRCA1 BRCA2 PALB2 RAD51 RAD51C RAD54L XRCC2 XRCC3 FANCA FANCD2 FANCI ATM ATR PARP1 WRN""",
    ),
    varied("msi_low", 5.2, "", 0.0, "MLH1 EPM2AIP1"),
    varied(
        "msi_signature", 2.6, "msi", 0.95, "RPL22L1 TNFSF9 HOXC6 SHROOM4 RASL11A LYG1 HPSE PRPF39 NHLRC1 TRIM7 GNLY"
    ),
    varied(
        "myc_targets",
        5.6,
        "myc",
        0.55,
        """
        NCL NPM1 NOP56 NOP58 FBL DKC1 NOLC1 GNL3 RRP9 RRP12 BOP1 PES1 WDR12 WDR43 NOP16""",
    ),
    varied("myc_itself", 5.4, "myc", 0.90, "MYC"),
    varied(
        "p53_targets",
        4.2,
        "p53",
        0.75,
        """
        CDKN1A MDM2 SESN1 SESN2 BAX BBC3 FAS ZMAT3 TP53INP1 BTG2 GDF15 RRM2B XPC DDB2 PPM1D""",
    ),
    varied("p53_itself", 5.2, "p53", 0.15, "TP53 MDM4"),
    varied(
        "apoptosis",
        4.0,
        "",
        0.0,
        """
        BCL2L1 MCL1 BCL2L11 BAK1 BID BCL2L2 BCL2A1 BIRC2 BIRC3 XIAP CASP3 CASP8 CASP9 CFLAR APAF1""",
    ),
    # Signalling.
    varied(
        "ras_output",
        4.0,
        "ras",
        0.85,
        """
        DUSP6 SPRY4 SPRY2 SPRED1 SPRED2 ETV4 ETV5 PHLDA1 EPHA2 EPHA4 DUSP4 DUSP5 FOSL1 EGR1 IER3""",
    ),
    varied(
        "mapk_core",
        5.0,
        "ras",
        0.05,
        """
        KRAS NRAS HRAS BRAF ARAF RAF1 MAP2K1 MAP2K2 MAPK1 MAPK3 SHOC2 SOS1 GRB2 PTPN11 NF1""",
    ),
    varied(
        "rtks",
        3.4,
        "emt",
        0.10,
        """
        ERBB2 IGF1R INSR FGFR1 DDR1 DDR2 EPHB4 ROR1 RYK TYRO3 IRS2 GRB7 MIEN1 STARD3 PGAP3""",
    ),
    varied("rtks_restricted", 0.4, "", 0.0, "FGFR2 FGFR3 ALK RET ROS1 NTRK1 NTRK2 FGF19", gain=4.0),
    varied("epithelial_rtks", 3.0, "emt", -0.20, "EGFR ERBB3 MET MST1R AREG EREG TGFA", gain=2.5),
    varied(
        "pi3k_mtor",
        4.6,
        "",
        0.0,
        """
        PIK3CA PIK3CB PIK3R1 PTEN AKT1 AKT2 AKT3 MTOR RICTOR RPTOR TSC1 TSC2 RPS6KB1 PDPK1 SGK1""",
    ),
    varied(
        "wnt_targets",
        1.8,
        "wnt",
        1.10,
        "AXIN2 LGR5 NKD1 RNF43 ZNRF3 ASCL2 NOTUM SP5 TCF7 LEF1 APCDD1 PROX1 EPHB3 CCDC136",
    ),
    varied("wnt_core", 5.2, "wnt", 0.12, "CTNNB1 TCF7L2 APC BCL9 BCL9L GSK3B CSNK1A1 TCF7L1"),
    varied("hippo", 3.8, "emt", 0.50, "YAP1 WWTR1 TEAD1 TEAD4 CCN1 CCN2 AMOTL2 ANKRD1 NF2 LATS2 AJUBA"),
    varied("tgfb", 3.4, "emt", 0.45, "TGFB1 TGFBR2 TGFBI SMAD3 SMAD7 SERPINE1 INHBA SKIL LTBP2 BMP4 ID1 ID3"),
    varied(
        "nfkb",
        3.4,
        "interferon",
        0.35,
        """
        NFKB1 NFKB2 RELA RELB NFKBIA TNFAIP3 TNFAIP2 CXCL8 CXCL1 CXCL2 IL6 CCL2 CCL20 ICAM1 LIF""",
    ),
    varied(
        "interferon",
        3.8,
        "interferon",
        0.90,
        """
        IFI6 IFI27 IFI35 IFI44 IFI44L IFIT1 IFIT2 IFIT3 IFITM1 IFITM3 ISG15 ISG20 MX1 MX2 OAS1""",
    ),
    varied(
        "antigen_presentation",
        6.0,
        "interferon",
        0.55,
        """
        HLA-A HLA-B HLA-C HLA-E HLA-F TAP1 TAP2 TAPBP PSMB8 PSMB9 PSMB10 NLRC5 ERAP1 CALR PDIA3""",
    ),
    # Metabolism and stress.
    varied(
        "hypoxia",
        4.4,
        "hypoxia",
        0.80,
        """
        CA9 VEGFA ADM ANKRD37 NDRG1 BNIP3 BNIP3L EGLN3 EGLN1 PDK1 P4HA1 P4HA2 LOX KDM3A SLC2A1""",
    ),
    varied(
        "glycolysis",
        7.2,
        "hypoxia",
        0.35,
        "ALDOA ALDOC ENO1 PFKP PFKL PGAM1 PKM TPI1 LDHA GPI SLC16A3 SLC16A1 PGM1 MIF",
    ),
    varied(
        "oxphos",
        6.8,
        "oxphos",
        0.30,
        """
        NDUFA4 NDUFA9 NDUFB3 NDUFB8 NDUFB10 NDUFS1 NDUFS2 NDUFS3 NDUFV1 SDHB SDHD UQCRC1 UQCRC2
        UQCRFS1 CYC1""",
    ),
    varied(
        "sterol",
        5.6,
        "sterol",
        0.65,
        """
        HMGCR HMGCS1 SQLE LDLR FDFT1 FDPS IDI1 MVD MVK LSS CYP51A1 DHCR7 DHCR24 SC5D NSDHL""",
    ),
    varied(
        "lipid",
        5.0,
        "sterol",
        0.35,
        """
        FASN SCD ACACA ACLY ELOVL6 FADS1 FADS2 SREBF1 ACSL1 ACSL3 ACSL4 LPIN1 PLIN2 GPAM CDS1""",
    ),
    varied(
        "nrf2",
        4.4,
        "nrf2",
        0.95,
        """
        NQO1 GCLC GCLM TXNRD1 SRXN1 SLC7A11 HMOX1 AKR1C1 AKR1C2 AKR1C3 AKR1B10 G6PD TALDO1 TKT PGD""",
    ),
    varied("nrf2_core", 5.2, "nrf2", 0.10, "NFE2L2 KEAP1 MAFG BACH1 GPX4 AIFM2 PRDX1 TXN"),
    varied(
        "unfolded_protein",
        5.2,
        "er_stress",
        0.60,
        """
        ATF4 ATF3 DDIT3 ASNS CHAC1 TRIB3 SESN3 XBP1 HERPUD1 DNAJB9 SEL1L SDF2L1 HSP90B1 PDIA4 EDEM1""",
    ),
    varied("heat_shock", 5.6, "er_stress", 0.20, "HSPA1A HSPA1B DNAJB1 HSPH1 HSPB1 BAG3 HSF1 HSP90AA1"),
    varied(
        "drug_transport",
        1.8,
        "",
        0.0,
        "ABCB1 ABCG2 ABCC1 ABCC4 SLC22A1 SLC29A1 SLC28A1 SLCO1B3 ABCA3 ABCB5 DCK CDA CES2",
        gain=3.0,
    ),
    varied("drug_sensitisers", 2.2, "", 0.0, "SLFN11 SLFN5 SLC31A1 TUBB3 TUBB6 ALDH1A1 NAMPT NAPRT", gain=3.0),
    # Losses that make a paralog or a partner essential.
    varied("lost_partners", 4.6, "", 0.0, "MTAP CDKN2A CDKN2B RPP25 FAM50B DMRTA1", gain=0.5),
    varied("y_linked", 4.6, "", 0.0, "DDX3Y EIF1AY RPS4Y1 KDM5D UTY USP9Y ZFY"),
    varied("x_inactivation", -2.0, "", 0.0, "XIST TSIX"),
)
