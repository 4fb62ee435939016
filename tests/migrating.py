"""How migrations run in tests: step by step as everywhere, in half the time.

Where Django delays the work on a change that moves no relation (an index, a constraint, a plain field), it builds anew
the changed model and its direct neighbours; what reads models in Python starts from fresh ones anyway. Without the
neighbours the database comes out the same.
"""

from django.db.migrations.state import ProjectState

_with_neighbours = ProjectState._find_reload_model  # type: ignore[attr-defined]


def _alone(
    state: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> set[tuple[str, str]]:
    if not delay:
        found: set[tuple[str, str]] = _with_neighbours(state, app_label, model_name)
        return found
    state.is_delayed = True
    return {(app_label, model_name)}


ProjectState._find_reload_model = _alone  # type: ignore[attr-defined]
