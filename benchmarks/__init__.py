"""One program per question, each prints a table: `scripts/bench NAME`. Never part of the tests."""
