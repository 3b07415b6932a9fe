"""The REST API: one module per room, JSON with snake_case keys, OpenAPI 3.1 at /api/v1/openapi.json.

A request carries `Authorization: Bearer enc_...`; it sees what the token's user may see. Lists are paged by key with an
opaque `cursor`. Failures are problem+json with a machine `code`. Figures are those of the screens and the command line.
"""
