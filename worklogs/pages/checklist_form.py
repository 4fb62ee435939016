"""The editor's form: steps as inputs and back. Which step an input belongs to stands behind the colon of its name."""

from typing import Any

from django.http import QueryDict

KINDS = (
    ("check", "Yes or no"),
    ("number", "Number"),
    ("choice", "Choice"),
    ("text", "Text"),
    ("meter", "Meter reading"),
    ("photo", "Photo"),
    ("signature", "Signature"),
)
FOLLOW_UPS = (
    ("offer", "offer a work order"),
    ("open", "open a work order by itself"),
    ("none", "nothing more"),
)
#: In front of an option that is a fault.
FAULT = "!"
#: The key of the empty step that the script copies.
BLANK = "new-step"


def steps_sent(data: QueryDict) -> list[dict[str, Any]]:
    """The steps in the order in which they stand in the form; what is wrong with them is the rules' to say."""
    found = []
    for key in data.getlist("step"):
        said = {
            name: data.get(f"{name}:{key}", "").strip()
            for name in ("kind", "text", "help", "unit", "minimum", "maximum", "follow_up")
        }
        asked, answer = data.get(f"if_step:{key}", ""), data.get(f"if_answer:{key}", "")
        is_numeric = said["kind"] in {"number", "meter"}
        found.append(
            {
                **said,
                "key": key,
                "required": f"required:{key}" in data,
                "unit": said["unit"] if is_numeric else "",
                "minimum": said["minimum"] or None if is_numeric else None,
                "maximum": said["maximum"] or None if is_numeric else None,
                "options": _options(data.get(f"options:{key}", ""))
                if said["kind"] == "choice"
                else [],
                "condition": {"step": asked, "answer": answer} if asked else None,
            }
        )
    return found


def for_form(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stored or sent steps as the form shows them."""
    return [
        {
            **row,
            "options_text": "\n".join(
                f"{FAULT} {one['label']}" if one.get("fails") else str(one["label"])
                for one in row.get("options") or []
            ),
        }
        for row in rows
    ]


def blank() -> dict[str, Any]:
    """A step that is still to be written."""
    return {"key": BLANK, "kind": "check", "required": True, "follow_up": "offer"}


def _options(text: str) -> list[dict[str, Any]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [
        {"label": line.removeprefix(FAULT).strip(), "fails": line.startswith(FAULT)}
        for line in lines
    ]
