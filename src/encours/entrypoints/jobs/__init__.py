"""Worker tasks and their schedule: each makes one call into a room.

A module per room holds its tasks, declared with `procrastinate.contrib.django.app`. Times are given here, at the
door, and passed on as `today` and `now`. A task of one organisation binds it with `access.context.bound`; a periodic
one walks through all of them with `organisations.in_each_organisation`. Modules are named in
`settings.PROCRASTINATE_IMPORT_PATHS`.
"""
