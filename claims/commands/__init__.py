"""The sub-commands of ``rin-claims``, one module a subject; each has ``add(commands)``, which adds its parsers.

What they share: ``parser``, ``completion``, ``filters``, ``output``, ``terminal`` and ``stores``.
"""
