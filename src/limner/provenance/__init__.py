"""Where a picture comes from: signed into its file, and read back from any file. See docs/provenance.md."""
