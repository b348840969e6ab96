"""The database: its connection, its tables and how they came to be."""
