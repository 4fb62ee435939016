"""Lifecycles as tables: which state may follow which."""

from collections.abc import Mapping

from core.errors import Conflict


class TransitionNotAllowed(Conflict):
    """The move from `source` to `target` is not in the table; `allowed` are the moves that are."""

    default_code = "transition_not_allowed"

    def __init__(self, source: str, target: str, allowed: frozenset[str]) -> None:
        choices = ", ".join(sorted(allowed)) or "nothing"
        super().__init__(
            f"A change from {source} to {target} is not possible; possible: {choices}."
        )
        self.source = source
        self.target = target
        self.allowed = allowed


class StateTable:
    """One lifecycle. States that only appear as targets are final."""

    def __init__(self, name: str, edges: Mapping[str, frozenset[str]]) -> None:
        self.name = name
        self.edges: dict[str, frozenset[str]] = dict(edges)
        for target in sorted({target for targets in edges.values() for target in targets}):
            self.edges.setdefault(target, frozenset())

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.edges)

    def allowed(self, source: str) -> frozenset[str]:
        """The states that may follow `source`."""
        return self.edges.get(source, frozenset())

    def sources(self, target: str) -> frozenset[str]:
        """The states from which `target` can be reached in one move."""
        return frozenset(source for source, targets in self.edges.items() if target in targets)

    def check(self, source: str, target: str) -> None:
        """Raises TransitionNotAllowed unless the table has the move."""
        allowed = self.allowed(source)
        if target not in allowed:
            raise TransitionNotAllowed(source, target, allowed)

    def diagram(self) -> str:
        """The lifecycle as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        for source, targets in self.edges.items():
            lines += [f"    {source} --> {target}" for target in sorted(targets)]
            lines += [f"    {source} --> [*]"] if not targets else []
        return "\n".join(lines)
