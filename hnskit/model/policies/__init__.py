"""What a policy of HNS says: kinds, values, spelling in v1 and v2, and whether it acts on a connection."""
