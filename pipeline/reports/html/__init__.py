"""Writes what an evaluation found: a page, a report for programs, tables."""
