"""What a Windows container host is made of, its JSON, and what a version of it can do."""
