"""Where requests enter: staff screens, customer portal, API, jobs and the command line; no rule lives here."""
