"""Scores of a model on a data set, by the papers' protocols, and their report."""
