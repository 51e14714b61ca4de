"""The objects of a Windows container host, their JSON, and the features of each version."""
