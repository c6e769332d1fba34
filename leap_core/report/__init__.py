"""Everything that leaves: CSV, Excel, HTML, lists, saved views, figures."""
