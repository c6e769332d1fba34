"""Methods and glossary: every term of the pages in a sentence."""

from __future__ import annotations

import streamlit as st

from pages.shared.header import header

_METHODS = """
1. **Standardise.** The 5,000 most variable genes of the panel's screened lines, each to mean 0 and standard deviation
   1; a sample is treated by the same frozen numbers.
   The default recipe also takes each line's own mean off, and lets nothing count for more than 3 standard deviations.
2. **Represent.** A layer compresses expression into a few hundred numbers: a masked autoencoder learns to restore genes
   that were swapped between lines, PCA keeps the
   directions of most variance. Neither sees a response. Some layers are the genes themselves.
3. **Regress.** On each layer, for each of five folds of the lines, a model for every perturbation. LASSO and ridge
   learn each perturbation by itself; multi-target ridge
   learns what perturbations share from all of them together, and may weight each gene by what it says about all of them
   beyond chance. Boosted trees and neural networks are there to compare with.
4. **Average.** A prediction is the mean over layers and folds. With linear layers and models it is one weighted sum of
   the sample's genes.
5. **Measure.** Everything is learnt again without a fifth of the patients, five times over, and judged on those lines
   alone; and again without whole lineages.
6. **Calibrate.** Intervals and probabilities come from the errors on lines that a model had not seen.
7. **Explain.** A sparse student of the ensemble's own predictions, stability selection on random halves of the lines,
   and gene sets.
"""
_TERMS = {
    "Accuracy": (
        "Rank correlation (calls: AUROC) between prediction and measurement over lines that took no part in training,"
        " for one perturbation; 0 (calls: 0.5) is no skill."
    ),
    "Agreement (SD)": (
        "Spread of the layers' predictions for one row: small means that the layers agree, not that they are right."
    ),
    "AUROC": "The chance that a dependent line is predicted above one that is not; 0.5 is guessing.",
    "Badge": (
        "Whether a row's accuracy is better than lineage mean, nearest line and PCA + ridge: better, no better, or"
        " cannot tell."
    ),
    "Baseline": "A simple prediction that needs no ensemble; what does not beat it is not worth a screen.",
    "Calibrated": "Of the rows that are said to be true with 20 %, about 20 in a hundred are.",
    "Co-dependencies": ("Rows that go together over the panel's lines in what was measured less what was predicted."),
    "Common essential": "A gene that nearly every line of the panel needs; a hit there says little about your line.",
    "Concordance": "A drug and a target of it are both predicted to be selective here; a part of the priority.",
    "Consensus": (
        "Of several studies: the mean of the percentiles that their models predict, weighted by how well each does."
    ),
    "Contribution": (
        "What one gene of the sample adds to its prediction; all contributions and the intercept sum to it exactly."
    ),
    "CV+": ("How intervals are made: from errors on lines that a model had not seen, around that model's predictions."),
    "Dependency call": "1 where a line was called dependent on a gene, 0 where not.",
    "Familiar, unusual, outside": (
        "How near the sample's nearest screened lines are, compared with the panel's own lines."
    ),
    "Few-shot": "Task: another study of which a few samples are labelled; they join the fit, the rest is predicted.",
    "Fidelity": (
        "How much of the ensemble's predictions a sparse student rebuilds on lines that the student had not seen."
    ),
    "Fingerprint": (
        "What tells one perturbation from another without any screen: a gene's membership in gene sets, a drug's"
        " structure, targets and pathway."
    ),
    "Gene effect": (
        "What knocking a gene out does to growth: 0 nothing, -1 as much as the median common essential gene; lower"
        " means more dependent."
    ),
    "Interval": "Where the measured value of a new line lies in 80 of a hundred cases.",
    "Knock-out, perturbation": "A gene taken out, or a drug given.",
    "Laboratories agree": (
        "How far two studies put the same lines into the same order; its square root is a ceiling for an accuracy."
    ),
    "Layer, fold, member": (
        "A layer is one representation with its models, a fold one held-out part of the lines; a member is the model of"
        " one layer and one fold."
    ),
    "Lineage": "The tissue that a line comes from; much of any accuracy is telling lineages apart.",
    "Lineage percentile": "The panel percentile among the lines of the lineage that the sample looks like.",
    "ln IC50, AUC": (
        "Drug response: the natural logarithm of the concentration of half effect, and the area under the dose-response"
        " curve; lower means more sensitive."
    ),
    "Never screened": (
        "Nobody measured it: a pan-perturbation model carries over what it learnt of perturbations with similar"
        " fingerprints."
    ),
    "Out-of-fold": "A panel line's prediction by the models that did not see it.",
    "Pan-perturbation (PP) model": (
        "One model of line and fingerprint for all perturbations; a perturbation-specific (PS) model knows one"
        " perturbation alone."
    ),
    "Panel": "The screened lines with their expression that a model was trained on.",
    "Panel percentile": (
        "The share of the panel's lines that are predicted weaker than your sample; 100 means the most dependent or"
        " sensitive of all."
    ),
    "Passport": "The check of your file: what was read, which genes are missing, how unusual the sample is.",
    "Pilot": (
        "A few rows of your sample, measured first: the rest is then ranked by what rows like these have told of each"
        " other in the panel, beyond what expression tells."
    ),
    "Priority": (
        "Points of 100 with weights that you see: how likely a row is (selectivity, strength), times what else speaks"
        " for it (reliability, tractability, concordance). What is not likely has none."
    ),
    "Probability": (
        "The calibrated probability of a true, selective dependency: strong in this line beyond its general level,"
        " beyond a floor of effect (gene effect -0.5; calls: called), and rare in the panel (at most 30 % of the lines;"
        " drugs: the strongest tenth)."
    ),
    "Recipe": "Everything that decides what an ensemble learns: layers, regressors, folds, seed.",
    "Reliability": "Accuracy on unseen lines, the less sure ones drawn to the mean; a part of the priority.",
    "Residual": "What was measured of a line less what was predicted for it.",
    "Selective": "Strong in your line compared with the panel, not strong everywhere.",
    "Stability selection": "How often a gene is chosen when the choice is made anew on random halves of the lines.",
    "Tractability": (
        "1 where an approved drug against the gene is known, 0.5 where only others are, by the table of drugs that you"
        " supply; a part of the priority."
    ),
    "Unseen lines, unseen lineage, external": (
        "Tasks: patients held out, a whole lineage held out, another study of the same perturbations."
    ),
    "z": (
        "How far a prediction lies from the panel's median for that perturbation, in robust standard deviations;"
        " positive is stronger (more dependent, more sensitive) whichever way the score points, in every table and in"
        " the .rnk file."
    ),
}

header("glossary", "Methods and glossary", "How a number comes about, and what every term means, in a sentence each.")
st.subheader("How a prediction is made")
st.markdown(_METHODS)
st.subheader("Terms")
wanted = st.text_input("Find a term", key="glossary_find", placeholder="e.g. interval", width=260).strip().casefold()
found = {term: meaning for term, meaning in _TERMS.items() if wanted in f"{term} {meaning}".casefold()}
if not found:
    st.caption("No term has that word.")
for term, meaning in found.items():
    st.markdown(f"**{term}.** {meaning}")
