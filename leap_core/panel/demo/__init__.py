"""The simulated demo: a small cancer panel with planted biology, and three sample files to upload.

Nothing in it is measured; line names start with ``SIM-`` so that none can be taken for a real line.
"""

from leap_core.panel.demo.study import DemoStudy, simulate_demo
from leap_core.panel.demo.tables import table
from leap_core.panel.demo.uploads import demo_uploads

__all__ = ["DemoStudy", "demo_uploads", "simulate_demo", "table"]
