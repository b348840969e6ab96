"""The engine for open weights: any text-to-image pipeline of the package diffusers, on a GPU or, slowly, a
CPU.

The only part of the service that imports torch. Nobody imports it: it is loaded by its entry point, in the
process that makes the pictures. See docs/models.md.
"""
