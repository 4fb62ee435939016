"""Which trade a complaint concerns, guessed from the words that people use."""

import re

#: The first that has one of the words holds: danger before everything, water before what it drips on.
_WORDS = {
    "safety": "safety danger dangerous fire smoke gas burn burning hazard lock locked injury injured unsafe alarm",
    "plumbing": "plumbing water leak leaks leaking drip drips tap shower toilet sink drain pipe bathroom flooded",
    "hvac": "hvac heating heater cold hot temperature air conditioning aircon ac ventilation thermostat radiator",
    "electrical": "electrical electricity power light lights lamp socket outlet switch bulb fuse",
    "appliance": "appliance tv television fridge minibar kettle oven microwave dishwasher washer phone safe wifi",
    "furniture": "furniture bed chair table desk sofa wardrobe drawer mattress curtain blind door window",
}
_SETS = {category: frozenset(words.split()) for category, words in _WORDS.items()}
OTHER = "other"


def guess(named: str, text: str = "") -> str:
    """The category that another system names, in our words; else what the text speaks of; else `other`."""
    return _find(named) or _find(text) or OTHER


def _find(text: str) -> str:
    said = set(re.findall(r"[a-z]+", text.lower()))
    return next((category for category, words in _SETS.items() if said & words), "")
