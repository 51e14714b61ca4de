"""Commands of the command line that are loaded when they are called."""
