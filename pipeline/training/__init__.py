"""Fitting networks: settings, batches, cross-validation, calibration, resuming."""
