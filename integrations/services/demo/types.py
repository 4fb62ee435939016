"""Classes of resources at the hotel, with the attributes that each of them carries."""

from typing import Any

Field = dict[str, Any]


def _field(
    key: str, label: str, kind: str = "text", *, unit: str = "", choices: tuple[str, ...] = ()
) -> Field:
    field: Field = {"key": key, "label": label, "type": kind, "required": False}
    if unit:
        field["unit"] = unit
    if choices:
        field["choices"] = list(choices)
    return field


_MAKER = _field("manufacturer", "Manufacturer")
_SAFETY = _field("safety", "Safety")
_ACCESS = _field("access", "Access")
_YEAR = _field("installed", "Installed", "date")

#: Code, name, kind, attributes.
TYPES: tuple[tuple[str, str, str, list[Field]], ...] = (
    ("building", "Building", "other", [_field("area", "Floor area", "number", unit="m²")]),
    ("floor", "Floor", "other", []),
    (
        "guest-room",
        "Guest room",
        "room",
        [
            _field("beds", "Beds", "number"),
            _field("view", "View", "choice", choices=("harbour", "garden", "courtyard")),
            _field("accessible", "Step-free access", "boolean"),
        ],
    ),
    (
        "function-room",
        "Function room",
        "venue",
        [
            _field("seats", "Seats in theatre style", "number"),
            _field("area", "Floor area", "number", unit="m²"),
        ],
    ),
    ("pool", "Pool and spa", "venue", [_field("volume", "Water volume", "number", unit="m³")]),
    ("kitchen", "Kitchen equipment", "equipment", [_MAKER, _YEAR]),
    ("plant-room", "Plant room", "room", []),
    (
        "chiller",
        "Chiller",
        "equipment",
        [
            _MAKER,
            _YEAR,
            _field("cooling", "Cooling capacity", "number", unit="kW"),
            _field("refrigerant", "Refrigerant", "choice", choices=("R134a", "R513A", "R1234ze")),
        ],
    ),
    (
        "boiler",
        "Boiler",
        "equipment",
        [
            _MAKER,
            _YEAR,
            _field("output", "Heat output", "number", unit="kW"),
            _field("fuel", "Fuel", "choice", choices=("gas", "oil", "pellets")),
            _SAFETY,
            _ACCESS,
        ],
    ),
    (
        "air-handling-unit",
        "Air handling unit",
        "equipment",
        [
            _MAKER,
            _YEAR,
            _field("airflow", "Air flow", "number", unit="m³/h"),
            _field("filter", "Filter class", "choice", choices=("ePM1 55%", "ePM1 80%", "F7")),
        ],
    ),
    ("pump", "Pump", "equipment", [_MAKER, _field("flow", "Rated flow", "number", unit="m³/h")]),
    (
        "lift",
        "Lift",
        "equipment",
        [
            _MAKER,
            _field("load", "Rated load", "number", unit="kg"),
            _field("stops", "Stops", "number"),
            _field("certificate_until", "Certificate valid until", "date"),
            _SAFETY,
            _ACCESS,
        ],
    ),
    (
        "generator",
        "Generator",
        "equipment",
        [_MAKER, _field("power", "Power", "number", unit="kVA")],
    ),
    ("fire-safety", "Fire safety", "device", [_MAKER, _field("loops", "Loops", "number")]),
    ("sensor", "Sensor", "device", [_field("measures", "Measures")]),
    (
        "vehicle",
        "Vehicle",
        "vehicle",
        [
            _field("registration", "Registration"),
            _field("fuel", "Drive", "choice", choices=("diesel", "petrol", "hybrid", "electric")),
            _field("seats", "Seats", "number"),
            _field("first_registered", "First registered", "date"),
        ],
    ),
)
