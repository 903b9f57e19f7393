"""What trainings, trials and evaluations leave in MLflow, and how it is found again and shown."""
