"""What the benchmarks share: a load generator, a bare server to compare with, a filled database, tables."""
