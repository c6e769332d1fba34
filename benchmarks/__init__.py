"""One command per claim; nothing here is part of the tests."""
