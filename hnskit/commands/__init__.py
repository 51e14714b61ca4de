"""The commands of the command line, a file each; what a command needs is imported when it is called."""
