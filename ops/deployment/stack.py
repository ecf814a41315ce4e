"""One CloudFormation stack by change sets: looked at before it is executed, explained when it fails."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from ops.deployment.cloud import Cloud
from ops.deployment.template import KEPT

SERVICE = "cloudformation"
#: CloudFormation's two ways to say that there is nothing to do.
NOTHING = ("didn't contain changes", "No updates are to be performed")


def update(
    cloud: Cloud, name: str, change_set: str, template_url: str, parameters: Mapping[str, str], tags: Mapping[str, str]
) -> Mapping[str, str]:
    """Create the stack or bring it up to date; the answer is its outputs.

    :raises SystemExit: it failed, with AWS's reasons, or it would remove subscribers' data.
    """
    status = _status(cloud, name)
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}:
        raise SystemExit(f"{name} is {status}: it was never up. Delete the stack, see docs/deploy.md, and start again")
    kind = "CREATE" if status in {None, "REVIEW_IN_PROGRESS"} else "UPDATE"
    which = {"StackName": name, "ChangeSetName": change_set}
    cloud.call(
        SERVICE, "create_change_set", **which, ChangeSetType=kind, TemplateURL=template_url,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in sorted(parameters.items())],
        Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )  # fmt: skip
    if _is_empty(cloud, which):
        cloud.call(SERVICE, "delete_change_set", **which)
    else:
        _refuse_loss(cloud, which)
        cloud.call(SERVICE, "execute_change_set", **which)
        _settled(cloud, name, kind)
    return outputs(cloud, name)


def outputs(cloud: Cloud, name: str) -> Mapping[str, str]:
    [stack] = cloud.call(SERVICE, "describe_stacks", StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _status(cloud: Cloud, name: str) -> str | None:
    try:
        [stack] = cloud.call(SERVICE, "describe_stacks", StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    status: str = stack["StackStatus"]
    return status


def _is_empty(cloud: Cloud, which: Mapping[str, str]) -> bool:
    """Whether the change set changes nothing. :raises SystemExit: it could not be made."""
    try:
        cloud.wait(SERVICE, "change_set_create_complete", **which)
    except WaiterError:
        reason = str(cloud.call(SERVICE, "describe_change_set", **which).get("StatusReason", ""))
        if any(words in reason for words in NOTHING):
            return True
        raise SystemExit(f"the change set was refused: {reason}") from None
    return False


def _refuse_loss(cloud: Cloud, which: Mapping[str, str]) -> None:
    """A table that is removed or replaced takes its rows with it: that is never done in passing."""
    lost = [
        f"{change['LogicalResourceId']} ({change['Action']})"
        for change in _changes(cloud, which)
        if change["ResourceType"] == KEPT
        and (change["Action"] == "Remove" or change.get("Replacement") in {"True", "Conditional"})
    ]
    if lost:
        cloud.call(SERVICE, "delete_change_set", **which)
        raise SystemExit(f"refused, because it would remove or replace tables: {', '.join(lost)}")


def _changes(cloud: Cloud, which: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = cloud.call(SERVICE, "describe_change_set", **which, **more)
        found += [change["ResourceChange"] for change in page.get("Changes", []) if "ResourceChange" in change]
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def _settled(cloud: Cloud, name: str, kind: str) -> None:
    try:
        cloud.wait(SERVICE, f"stack_{kind.lower()}_complete", StackName=name)
    except WaiterError as error:
        events = cloud.call(SERVICE, "describe_stack_events", StackName=name).get("StackEvents", [])
        failed = [event for event in events if str(event.get("ResourceStatus", "")).endswith("FAILED")]
        lines = [f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
        told = "\n".join(lines[:20]) or str(error)
        raise SystemExit(f"{name} failed; CloudFormation takes it back by itself:\n{told}") from None
