"""Policies of HNS: kinds, values, spelling in v1 and v2, and whether one acts on a connection."""
