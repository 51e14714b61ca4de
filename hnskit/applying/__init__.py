"""Steps to changes on a host: the only writer. `api.apply` and `api.destroy` are the way in."""
