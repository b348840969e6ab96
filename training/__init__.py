"""How the built-in model is made: scenes, networks, training, evaluation, export.

Needs torch; the service never imports it.
"""
