"""Two models on the same pictures: what each said, figures, tables and a page."""
