"""Intervals of doubles as pairs of arrays (inf, sup): arithmetic, functions, text."""
