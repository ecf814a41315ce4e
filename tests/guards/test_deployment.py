"""What is written for AWS agrees with the code: tables, metrics, functions, headers, the way of a request."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pynamodb.constants import STRING
from pynamodb.models import Model

from chalicelib import config
from chalicelib.handlers import texts
from chalicelib.handlers.admission import SECRET_HEADER
from chalicelib.handlers.headers import API_HEADERS, site_headers
from chalicelib.metrics import METRICS, NAMESPACE
from chalicelib.store.transaction import MAX_ITEMS
from local.store import schema

ROOT = Path(__file__).resolve().parents[2]
CHALICE = ROOT / ".chalice"
TEMPLATE = json.loads((CHALICE / "resources.json").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
CONFIG = json.loads((CHALICE / "config.json").read_text())
STAGES = sorted(CONFIG["stages"])
LAMBDA_SETTINGS = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: part["Properties"] for name, part in RESOURCES.items() if part.get("Type") == kind}


def models() -> list[type[Model]]:
    return schema._models()


def handlers() -> dict[str, str]:
    """Chalice's names of the map's schedules and queues -> their names in the template."""
    import app

    names = [handler.name for handler in app.app.pure_lambda_functions + app.app.event_sources]
    return {name: "".join(word.title() for word in name.split("_")) for name in names}


def tables() -> dict[str, dict[str, Any]]:
    """Table without prefix -> its properties."""
    found = of_type("AWS::DynamoDB::Table").values()
    return {table["TableName"]["Fn::Sub"].removeprefix("portal-${Stage}-"): table for table in found}


def test_the_tables_are_those_of_the_models_with_their_keys() -> None:
    declared = {
        name: {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]} for name, table in tables().items()
    }
    assert declared == {model.Meta.table_name.removeprefix("portal-"): keys_of(model) for model in models()}


def keys_of(model: type[Model]) -> dict[str, str]:
    keys = {"HASH": model._hash_keyname, "RANGE": model._range_keyname}
    found = {kind: model.get_attributes()[name].attr_name for kind, name in keys.items() if name}
    assert all(model.get_attributes()[name].attr_type == STRING for name in keys.values() if name)
    return found


@pytest.mark.parametrize("name", sorted(tables()))
def test_every_table_is_kept_encrypted_and_can_go_back_in_time(name: str) -> None:
    table = tables()[name]
    assert {key["AttributeName"] for key in table["KeySchema"]} == {
        key["AttributeName"] for key in table["AttributeDefinitions"]
    }
    assert {key["AttributeType"] for key in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    assert table["SSESpecification"]["SSEEnabled"]
    assert table["DeletionProtectionEnabled"]
    resource = next(part for part in RESOURCES.values() if part.get("Properties") is table)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_key_turns_and_outlives_a_mistake() -> None:
    key = RESOURCES["SealingKey"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert key["Properties"]["EnableKeyRotation"]
    assert key["Properties"]["PendingWindowInDays"] == 30
    assert LAMBDA_SETTINGS["PORTAL_KMS_KEY"] == {"Fn::GetAtt": ["SealingKey", "Arn"]}


def test_only_rows_that_say_so_are_swept_by_the_store() -> None:
    swept = {name for name, table in tables().items() if "TimeToLiveSpecification" in table}
    every = [model for model in schema._descendants(Model) if model.__module__.startswith("chalicelib.")]
    assert swept == {
        model.Meta.table_name.removeprefix("portal-") for model in every if "ttl" in model.get_attributes()
    }


def test_no_table_has_what_another_cloud_lacks() -> None:
    assert MAX_ITEMS == 25
    for table in tables().values():
        assert not {"StreamSpecification", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & set(table)


def test_the_distribution_reaches_the_route_that_was_asked_for() -> None:
    """CloudFront puts the origin's path before the viewer's, API Gateway takes the stage off the front again."""
    from chalicelib.handlers.meta import all_routes

    api = next(origin for origin in distribution()["Origins"] if origin["Id"] == "api")
    asked = "/api/health"
    _, stage, resource = (api["OriginPath"] + asked).split("/", 2)
    assert stage == CONFIG["api_gateway_stage"]
    assert "/" + resource in {route.path for route in all_routes()}
    assert "/" + resource == asked


def distribution() -> dict[str, Any]:
    [found] = of_type("AWS::CloudFront::Distribution").values()
    inner: dict[str, Any] = found["DistributionConfig"]
    return inner


def test_the_api_is_never_cached_and_gets_every_header_that_the_code_reads() -> None:
    [behaviour] = distribution()["CacheBehaviors"]
    assert behaviour["PathPattern"] == "/api/*"
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "AWS's own CachingDisabled"
    [policy] = of_type("AWS::CloudFront::OriginRequestPolicy").values()
    passed = {name.lower() for name in policy["OriginRequestPolicyConfig"]["HeadersConfig"]["Headers"]}
    assert headers_read() - {"cookie", SECRET_HEADER} == passed
    assert len(passed) <= 10, "CloudFront's quota"
    assert policy["OriginRequestPolicyConfig"]["CookiesConfig"] == {"CookieBehavior": "all"}
    assert policy["OriginRequestPolicyConfig"]["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def headers_read() -> set[str]:
    texts_of_handlers = [file.read_text() for file in (ROOT / "chalicelib" / "handlers").glob("*.py")]
    found = {name for text in texts_of_handlers for name in re.findall(r'headers\.get\("([\w-]+)"', text)}
    return found | {SECRET_HEADER}


def test_the_distribution_sends_the_secret_that_the_api_wants() -> None:
    api = next(origin for origin in distribution()["Origins"] if origin["Id"] == "api")
    [header] = api["OriginCustomHeaders"]
    assert header["HeaderName"].lower() == SECRET_HEADER
    assert header["HeaderValue"]["Fn::Sub"].endswith(":SecretString:PORTAL_ORIGIN_SECRET::${SecretVersion}}}")
    assert "APIHandler" in RESOURCES["Distribution"]["DependsOn"], "the API must know a new secret before it is sent"


def test_the_api_s_own_errors_are_not_turned_into_pages() -> None:
    """The distribution's error pages would stand in for the API's JSON as well."""
    assert "CustomErrorResponses" not in distribution()


@pytest.mark.parametrize(("policy", "expected"), [("SiteHeaders", site_headers()), ("ApiHeaders", API_HEADERS)])
def test_the_distribution_s_headers_are_those_of_the_one_table(policy: str, expected: dict[str, str]) -> None:
    assert sent_by(RESOURCES[policy]["Properties"]["ResponseHeadersPolicyConfig"]) == dict(expected)


def sent_by(policy: dict[str, Any]) -> dict[str, str]:
    security = policy["SecurityHeadersConfig"]
    age = security["StrictTransportSecurity"]
    csp = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if isinstance(csp, dict):
        csp = TEMPLATE["Parameters"][csp["Ref"]]["Default"]
    found = {
        "X-Content-Type-Options": "nosniff" if "ContentTypeOptions" in security else "",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={age['AccessControlMaxAgeSec']}"
        + ("; includeSubDomains" if age["IncludeSubdomains"] else ""),
        "Content-Security-Policy": csp,
    }
    return found | {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}


def test_what_the_gateway_answers_itself_has_the_contract_s_shape() -> None:
    answers = RESOURCES["RestAPI"]["Properties"]["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "MISSING_AUTHENTICATION_TOKEN", "THROTTLED"} <= set(answers)
    for answer in answers.values():
        body = json.loads(answer["ResponseTemplates"]["application/json"])
        assert body == {"code": body["code"], "message": texts.message(body["code"], "ru")}
        assert answer["ResponseParameters"]["Headers"] == {"X-Request-Id": "context.requestId"}


def test_the_bucket_is_the_distribution_s_alone() -> None:
    [bucket] = of_type("AWS::S3::Bucket").values()
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    allow, deny = RESOURCES["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert "AWS:SourceArn" in allow["Condition"]["StringEquals"]
    assert (allow["Action"], deny["Effect"]) == ("s3:GetObject", "Deny")


def test_every_alarm_watches_a_metric_that_the_code_reports() -> None:
    watched = {metric["MetricName"] for metric in metrics_of_alarms() if metric["Namespace"] == NAMESPACE}
    assert watched == set(METRICS)
    for metric in metrics_of_alarms():
        if metric["Namespace"] == NAMESPACE:
            assert metric["Dimensions"] == [{"Name": "stage", "Value": {"Ref": "Stage"}}]


def metrics_of_alarms() -> Iterator[dict[str, Any]]:
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        yield from (
            [alarm]
            if "MetricName" in alarm
            else (part["MetricStat"]["Metric"] for part in alarm["Metrics"] if "MetricStat" in part)
        )


def test_every_function_has_its_log_and_its_alarm() -> None:
    watched = {
        dimension["Value"]["Ref"]
        for metric in metrics_of_alarms()
        for dimension in metric["Dimensions"]
        if dimension["Name"] == "FunctionName"
    }
    every = {"APIHandler", *handlers().values()}
    assert watched == every
    for name in every:
        assert RESOURCES[name]["Properties"]["LoggingConfig"] == {
            "LogGroup": {"Ref": f"{name}Logs"},
            "LogFormat": "Text",
        }
        assert RESOURCES[f"{name}Logs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_schedule_and_queue_is_configured_in_every_stage(stage: str) -> None:
    functions = CONFIG["stages"][stage]["lambda_functions"]
    assert set(functions) == set(handlers())
    assert CONFIG["stages"][stage]["iam_policy_file"] == f"policy-{stage}.json"
    for function in functions.values():
        assert function["iam_policy_file"] == f"policy-{stage}-jobs.json"
        assert 60 < function["lambda_timeout"] <= 900
        assert function["lambda_memory_size"] >= 512


def test_a_message_stays_hidden_six_times_as_long_as_its_worker_may_take() -> None:
    queue = RESOURCES["AgendaQueue"]["Properties"]
    longest = max(stage["lambda_functions"]["work_agenda"]["lambda_timeout"] for stage in CONFIG["stages"].values())
    assert queue["VisibilityTimeout"] >= 6 * longest
    assert queue["MessageRetentionPeriod"] > queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert queue["SqsManagedSseEnabled"]


def test_a_worker_never_waits_for_room_that_it_was_promised() -> None:
    event = RESOURCES["WorkAgenda"]["Properties"]["Events"]["WorkAgendaSqsEventSource"]["Properties"]
    reserved = CONFIG["stages"]["prod"]["lambda_functions"]["work_agenda"]["reserved_concurrency"]
    assert event["ScalingConfig"]["MaximumConcurrency"] <= reserved


def test_no_more_charges_are_under_way_at_once_than_uniteller_takes() -> None:
    """Five calls at once from one address of a shop: the queue's workers and the schedule together."""
    prod = CONFIG["stages"]["prod"]["lambda_functions"]
    assert sum(prod[name]["reserved_concurrency"] for name in ("work_agenda", "autopay")) <= 5


def test_every_setting_of_the_template_is_one_of_ours() -> None:
    """A deployment must be told its stage, site, tables, queue and secrets; a misspelt name stops the start."""
    ours = {f"PORTAL_{name.upper()}" for name in config.Settings.model_fields} | {config.SECRETS, "SES_REGION"}
    assert set(LAMBDA_SETTINGS) <= ours
    needed = {"PORTAL_STAGE", "PORTAL_SITE_URL", "PORTAL_PUBLIC_ORIGINS", "PORTAL_TABLE_PREFIX", "PORTAL_QUEUE_URL"}
    assert needed | {config.SECRETS} <= set(LAMBDA_SETTINGS)
    for stage in CONFIG["stages"].values():
        assert "environment_variables" not in stage


def test_the_files_hold_no_secret_and_no_place() -> None:
    for file in CHALICE.glob("*.json"):
        text = file.read_text()
        assert not re.search(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", text), file
        assert not re.search(r"\b[0-9]{12}\b", text), f"{file} names an account"
        regions = set(re.findall(r"\b(?:us|eu|ap|sa|ca|me|af|il)-[a-z]+-[0-9]\b", text))
        # certificates of distributions live there, wherever the portal does
        assert regions <= {"us-east-1"}, file
        assert not re.search(r'(?i)"[^"]*(password|secret)[^"]*": "(?!\{\{resolve)[^"]+"', text), file
