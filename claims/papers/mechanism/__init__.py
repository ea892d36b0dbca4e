"""Our own questions about what explains the RIN paper's result."""
