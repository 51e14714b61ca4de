"""Tables, pictures, progress and exports of a snapshot or a plan."""
