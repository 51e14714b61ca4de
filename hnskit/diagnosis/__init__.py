"""Explanations, findings, drawings and tables of a snapshot; nothing is changed."""
