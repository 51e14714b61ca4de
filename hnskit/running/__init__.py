"""A sequence of notebooks through papermill: a run folder, a report; and going on where a run stopped."""
