"""Where trials run: processes, deadlines, the GPU, and what a trial costs."""
