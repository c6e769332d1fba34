"""One thin file per task of the user; app.py is their table."""
