"""The fair trial: flat against hierarchical classifiers on the same folds, with their errors and their costs."""
