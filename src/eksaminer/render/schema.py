"""The JSON Schema of assessment.json, generated from the records."""

import json
from importlib.resources import files
from typing import cast

import msgspec

from eksaminer.findings import SCHEMA, Assessment

FILE = "assessment-1.json"


def assessment_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of `Assessment`."""
    _, components = msgspec.json.schema_components([Assessment], ref_template="#/$defs/{name}")
    assessment = cast("dict[str, list[str]]", components["Assessment"])
    assessment["required"] = ["schema", *assessment["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": f"eksaminer: assessment.json ({SCHEMA})",
        "$ref": "#/$defs/Assessment",
        "$defs": components,
    }


def schema_text() -> str:
    """Return the schema as the text of the published file."""
    return json.dumps(assessment_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def published_schema() -> str:
    """Return the file that the package publishes; a test keeps it equal to `schema_text`."""
    return files("eksaminer.render").joinpath("schema", FILE).read_text("utf-8")
