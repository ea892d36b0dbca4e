"""Speech without torch: waveforms and their phones, from TIMIT or from a synthesiser, and features."""
