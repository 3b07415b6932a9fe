"""Staff screens: one module per room, thin views over the rooms' queries and actions.

To add a screen:

1. View: a function in `desk/<room>.py`, under `@screen("<permission>")` (desk/screens.py signs in, checks the role and
   answers refusals). It takes a `DeskRequest`: `request.scope`, `.organisation_id`, `.actor`, `.today`, `.now`. It
   calls one query to show, or one action to do, and holds no rule. After an action: `responses.told(request, text,
   undo=url)`, then redirect.
2. Address: `urlpatterns` at the foot of the module; a new module adds its name to `MODULES` in desk/urls.py. Write
   fixed paths before those with `<path:...>`.
3. Template: `templates/desk/<room>/<screen>.html` extends "desk/base.html" and fills `title`, `heading`, `crumbs`,
   `subheading`, `actions`, `content` (and `more_keys`). Partials start with an underscore, or are `{% partialdef %}`.
4. Navigation: a line in one of the lists of desk/navigation.py; `owns` names the sub-pages that light it.
5. Words: English in `{% translate %}` and gettext, French in locale/desk*/fr; `tests/test_catalogues.py` counts them.
6. Test: tests/entrypoints/desk/test_<room>.py with the `desk` and `books` fixtures; the browser journey and axe see the
   page when it is listed in tests/browser/pages.py.

Parts to use, all in every template without loading: `{% money minor currency %}`, `{% money_round %}`, `{% day %}`,
`{% day_full %}`, `{% day_near %}`, `{% relative_days %}`, `{% instant %}`, `{% days %}`, `{% number %}`,
`{% percent ratio %}`, `{% icon name %}`, `{% chip text tone icon %}`, `{% hint term definition %}`,
`{% sort_head listing key %}`, `{% chart_json spec %}`; includes in templates/ui: empty, export, views, more (the next
rows by key), chart, confirm, timeline, toasts. `entrypoints/listing.py` reads sort, place and filters from the
address; `entrypoints/exports.py` gives the same columns as CSV and XLSX.

Keys: a row with `data-row` is reached with j/k and opened with Enter (its first link, or `a[data-open]`); an element
with `data-key="e"` is pressed by that key, in the selected row first; `data-peek="url"` fills `#peek` when selected.
Phones: `.en-blocks` tables become two-line rows by the classes b1 (name), b2 (amount), b3, b4, b5; `en-wide` goes.
"""
