"""This machine: whole files, locks, the state directory, private files, text encodings, the project's folders."""
