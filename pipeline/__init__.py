"""The steps from folders of photographs to a tracked, evaluated, packaged model."""
