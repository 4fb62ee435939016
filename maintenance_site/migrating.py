"""How migrations run on a new database of `make run` and in tests: step by step as everywhere, in a third of the time.

Where a model is new, or a change moves no relation (an index, a constraint, a plain field), Django builds anew the
model with all that it is related to, which here is nearly every other; what reads models in Python starts from fresh
ones anyway. With the model alone the database comes out the same.
"""

from django.db.migrations.state import ModelState, ProjectState

_with_neighbours = ProjectState._find_reload_model  # type: ignore[attr-defined]
_add_with_neighbours = ProjectState.add_model


def hasten() -> None:
    """From now on in this process."""
    ProjectState._find_reload_model = _alone  # type: ignore[attr-defined]
    ProjectState.add_model = _add_alone  # type: ignore[assignment, method-assign]


def _alone(
    state: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> set[tuple[str, str]]:
    if not delay:
        found: set[tuple[str, str]] = _with_neighbours(state, app_label, model_name)
        return found
    state.is_delayed = True
    return {(app_label, model_name)}


def _add_alone(state: ProjectState, model_state: ModelState) -> None:
    built = state.__dict__.pop("apps", None)
    _add_with_neighbours(state, model_state)
    if built is not None:
        state.__dict__["apps"] = built
        state.reload_model(model_state.app_label, model_state.name_lower, delay=True)
