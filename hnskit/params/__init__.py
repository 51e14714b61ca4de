"""Parameters: a YAML file, read strictly, checked, edited, and turned into what is desired of a host."""
