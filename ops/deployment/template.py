"""The CloudFormation template: Chalice's functions and routes merged with ``.chalice/resources.json``."""

import sys
from collections.abc import Mapping
from typing import Any

Template = dict[str, Any]

#: What holds the subscribers' data: never removed or replaced by a deployment.
KEPT = "AWS::DynamoDB::Table"
#: What opens a part of that data: without it the tables that are kept would be half a loss.
KEY = "AWS::KMS::Key"


def pin(template: Template, stage: str) -> Template:
    """The template of one stage and no other: a stack of it cannot be deployed with the wrong one's name.

    CloudFormation takes no condition in a deletion policy. The file keeps the tables whatever happens, which
    is right for subscribers' data; a stage for trying things is removed together with its tables and its key.
    """
    template["Parameters"]["Stage"] |= {"Default": stage, "AllowedValues": [stage]}
    if stage != "prod":
        for resource in template["Resources"].values():
            if resource["Type"] in {KEPT, KEY}:
                resource |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
            if resource["Type"] == KEPT:
                resource["Properties"]["DeletionProtectionEnabled"] = False
    for name, function in functions(template).items():
        if function["Runtime"] != f"python{sys.version_info.major}.{sys.version_info.minor}":
            raise SystemExit(f"{name} is for {function['Runtime']}; bytecode of another Python would be useless there")
    return template


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """Logical name -> properties."""
    found = template["Resources"].items()
    return {name: part["Properties"] for name, part in found if part["Type"] == "AWS::Serverless::Function"}


def environment(template: Template) -> dict[str, Any]:
    """The settings that every function gets; a function's own stand beside them."""
    variables: dict[str, Any] = template["Globals"]["Function"]["Environment"]["Variables"]
    return variables


def place(template: Template, bucket: str, key: str, settings: Mapping[str, str]) -> Template:
    """Where the code lies, and the provider's settings.

    :raises SystemExit: a setting that the template already gives.
    """
    given = environment(template)
    if twice := sorted(set(given) & set(settings)):
        raise SystemExit(f"{', '.join(twice)}: the template sets this by itself; take it out of the [settings]")
    given |= settings
    for function in functions(template).values():
        function["CodeUri"] = {"Bucket": bucket, "Key": key}
    return template
