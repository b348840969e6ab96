"""How the schema came to be, in steps that only go forward. Alembic keeps count."""
