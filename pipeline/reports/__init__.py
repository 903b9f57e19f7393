"""What people read: reports, comparisons, model cards, plots and predictions."""
