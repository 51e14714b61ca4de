"""A sequence of notebooks through papermill: a run folder, a report, a lock; and going on where a run stopped."""
