"""The sub-commands of ``rin-claims``, one module a subject; each has ``add(commands)``, which adds its parsers."""
