"""Desired and facts to steps, without IO: `setup.plan` sets the redirect up, `teardown.plan_destroy` takes it away."""
