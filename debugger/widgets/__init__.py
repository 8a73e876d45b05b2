"""One widget per file. Widgets are given frozen views and post messages; they know no session."""
