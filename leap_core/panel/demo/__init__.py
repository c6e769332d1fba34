"""The simulated demo: a small cancer panel with planted biology, and three sample files to upload.

Nothing in it is measured; line names start with ``SIM-`` so that none can be taken for a real line.
"""

from leap_core.panel.demo.genes import gene_symbols, module_of_gene
from leap_core.panel.demo.simulate import DemoSettings, DemoStudy, simulate_demo
from leap_core.panel.demo.uploads import DemoUpload, demo_uploads

__all__ = ["DemoSettings", "DemoStudy", "DemoUpload", "demo_uploads", "gene_symbols", "module_of_gene", "simulate_demo"]
