"""Migrate as Django does, without making every related model anew at each step: in seconds, not a minute."""

import contextlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db.migrations.state import ProjectState


class Command(migrate.Command):
    """Django's own command, its picture of the past changed model by model."""

    def handle(self, *args: Any, **options: Any) -> None:
        with models_one_by_one():
            super().handle(*args, **options)


@contextlib.contextmanager
def models_one_by_one() -> Iterator[None]:
    """Let a step make its own model again, and no other.

    Django makes anew all models that are related to one that changed, through any number of relations. Ours all belong
    to an organisation, so every index of every table made some sixty classes anew, nine tenths of a migration's time.
    Statements need the table and the key of a related model, which an earlier class of it tells as well; code that
    reads rows (RunPython) still gets all models made anew, since the picture is marked as delayed. Decision 0062.
    """
    in_full = ProjectState.reload_model
    ours = {room.rpartition(".")[2] for room in settings.ROOMS}

    def reload_model(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:
        if app_label not in ours:
            in_full(self, app_label, model_name, delay)
        elif "apps" in self.__dict__:
            state: Any = self  # what is called is not among what Django's types describe
            state.is_delayed = True
            state._reload({(app_label, model_name)})

    replaced: Any = ProjectState
    replaced.reload_model = reload_model
    try:
        yield
    finally:
        replaced.reload_model = in_full
