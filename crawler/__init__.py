"""Collecting photographs of gems from shops' pages."""
