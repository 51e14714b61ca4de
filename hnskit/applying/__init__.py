"""Steps to changes on a host: the only writer. `writer.apply` and `writer.destroy` are the way in."""
