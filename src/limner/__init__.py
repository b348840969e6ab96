"""Limner: a self-hosted Imagen 4 that speaks the WaveSpeed v3 image API."""
