"""What trainings, trials and evaluations record in MLflow, and how it is found and shown."""
