"""`make deploy` without an account: its plan, its order, what it refuses; moto stands where AWS would."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ops.deploy import Deployment, planned
from ops.deployment import description, site, stack
from ops.deployment.cloud import Aws
from ops.deployment.description import Description
from ops.deployment.template import place
from ops.package import ROOT, Package

REGION = "eu-central-1"
EXAMPLE = ROOT / "ops" / "deployment" / "example.toml"
SECRETS = {
    "PORTAL_ORIGIN_SECRET": "origin-secret-" + "0" * 32,
    "ROBOKASSA_PASSWORD1": "first-password",
    "ROBOKASSA_PASSWORD2": "second-password",
    "SMSC_PASSWORD": "sms-password",
}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "kept",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alarms"}}


@pytest.fixture
def described() -> Description:
    return Description.read(EXAMPLE)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """As small as a package can be; the real one is test_package's."""
    made = Package(tmp_path / "deployment.zip", tmp_path / "sam.json")
    made.code.write_bytes(b"code")
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./deployment.zip"}}
    variables = {"PORTAL_STAGE": {"Ref": "Stage"}}
    globals = {"Function": {"Environment": {"Variables": variables}}}
    made.template.write_text(json.dumps({"Globals": globals, "Resources": {"APIHandler": function}}))
    return made


@pytest.fixture
def plan(described: Description, package: Package) -> list[str]:
    told: list[str] = []
    deployment = Deployment(Aws(REGION), "dev", described, package, "run-1", pause=lambda seconds: None)
    planned(deployment, told.append).go()
    return [line.strip() for line in told]


def test_the_plan_checks_first_then_code_stack_site_and_the_start_page_last(plan: list[str]) -> None:
    kinds = [line.partition("(")[0] for line in plan]
    assert kinds[:3] == ["secretsmanager.get_secret_value", "sts.get_caller_identity", "s3.head_bucket"]
    executed = kinds.index("cloudformation.execute_change_set")
    assert kinds.index("cloudformation.create_change_set") < executed
    puts = [line for line in plan[executed:] if line.startswith("s3.put_object")]
    assert len(puts) > 30
    assert "Key='index.html'" in puts[-1]
    assert kinds.index("cloudfront.create_invalidation") == plan.index(puts[-1]) + 1
    assert plan[-3:] == [
        "GET https://distribution.invalid/api/health",
        "GET https://api.invalid/api/api/health",
        "GET https://my.example.net/api/health",
    ]


def test_the_plan_needs_no_account_and_shows_no_secret(plan: list[str]) -> None:
    assert not [line for line in plan if "<PORTAL_ORIGIN_SECRET>" in line]


def test_every_parameter_without_a_default_is_given(described: Description) -> None:
    template = json.loads((ROOT / ".chalice" / "resources.json").read_text())["Parameters"]
    given = described.parameters_of("dev", "1" * 32, "csp")
    assert {name for name, part in template.items() if "Default" not in part} <= set(given)
    assert set(given) <= set(template)


def test_a_release_is_named_by_its_content_and_its_page_leads_into_it(tmp_path: Path) -> None:
    own = tmp_path / "config.js"
    own.write_text("export default { name: 'Example Net' };")
    plain, branded = site.release(ROOT / "static_site", None), site.release(ROOT / "static_site", own)
    assert plain.name == site.release(ROOT / "static_site", None).name != branded.name
    assert branded.files["config.js"] == own.read_bytes()
    page = branded.root["index.html"].decode()
    assert f'src="/r/{branded.name}/app.js"' in page
    assert not [name for name in ("app.js", "styles.css", "config.js") if f'="{name}"' in page]
    assert set(branded.root) == {"index.html", "robots.txt"}
    assert not [name for name in branded.files if name.endswith((".d.ts", ".json", "README", "LICENSES"))]


def test_the_page_of_a_release_names_only_files_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<script src="gone.js"></script>')
    with pytest.raises(SystemExit, match=r"gone\.js"):
        site.release(tmp_path, None)


def test_the_settings_of_the_example_would_start(described: Description) -> None:
    environ = description.environment(described, "dev", SECRETS)
    assert "form-action 'self'" in description.check(environ)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"PORTAL_AGENDA_SHARDS": "65"}, "agenda_shards"),
        ({"PORTAL_AGENDA_SHADRS": "4"}, "agenda_shadrs"),
        ({"PORTAL_GATEWAYS": "uniteler"}, "uniteler"),
        ({"ROBOKASSA_HASH": "md5"}, "hash"),
        ({"PORTAL_TIME_ZONE": "x" * 4096}, "Lambda has 4096"),
    ],
)
def test_a_wrong_setting_stops_the_deployment_by_its_name(
    described: Description, settings: dict[str, str], named: str
) -> None:
    wrong = described.model_copy(update={"settings": {**described.settings, **settings}})
    with pytest.raises(SystemExit, match=named) as stopped:
        description.check(description.environment(wrong, "dev", SECRETS))
    assert not [secret for secret in SECRETS.values() if secret in str(stopped.value)]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_stops_the_deployment_by_its_name(described: Description, name: str) -> None:
    left = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(SystemExit, match=f"lacks {name}"):
        description.environment(described, "dev", left)


def test_a_short_origin_secret_is_refused_without_being_shown(described: Description) -> None:
    with pytest.raises(SystemExit, match="origin_secret") as stopped:
        description.check(description.environment(described, "dev", {**SECRETS, "PORTAL_ORIGIN_SECRET": "hunter2"}))
    assert "hunter2" not in str(stopped.value)


def test_what_the_template_gives_is_not_the_provider_s_to_set(package: Package) -> None:
    with pytest.raises(SystemExit, match="PORTAL_STAGE"):
        place(package.read(), "bucket", "key", {"PORTAL_STAGE": "prod"})


def test_a_description_with_a_misspelt_line_names_it(tmp_path: Path) -> None:
    file = tmp_path / "dev.toml"
    file.write_text(EXAMPLE.read_text().replace("alarm_email", "alarm_mail"))
    with pytest.raises(SystemExit, match="alarm_email: Field required"):
        Description.read(file)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Aws(REGION)


def test_code_goes_to_a_private_bucket_under_its_digest(account: Aws, described: Description, package: Package) -> None:
    deployment = Deployment(account, "dev", described, package, "run-1")
    for _ in range(2):
        bucket = deployment._artefacts()
        url = deployment._upload_code(bucket)
    keys = [item["Key"] for item in account.call("s3", "list_objects_v2", Bucket=bucket)["Contents"]]
    assert len(keys) == 2, "the same code and template twice are the same two objects"
    body = account.call("s3", "get_object", Bucket=bucket, Key=url.split(".com/")[1])["Body"].read()
    template = json.loads(body)
    place = template["Resources"]["APIHandler"]["Properties"]["CodeUri"]
    assert (place["Bucket"], place["Key"] in keys) == (bucket, True)
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["ROBOKASSA_MERCHANT_LOGIN"] == "example-shop"
    assert variables["PORTAL_VERSION"] == deployment.version
    closed = account.call("s3", "get_public_access_block", Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(closed.values())


def test_the_site_is_uploaded_with_its_types_and_lifetimes(account: Aws) -> None:
    account.call("s3", "create_bucket", Bucket="site", CreateBucketConfiguration={"LocationConstraint": REGION})
    made = site.release(ROOT / "static_site", None)
    site.upload(account, "site", made)
    code = account.call("s3", "head_object", Bucket="site", Key=f"r/{made.name}/app.js")
    page = account.call("s3", "head_object", Bucket="site", Key="index.html")
    assert (code["ContentType"], code["CacheControl"]) == ("text/javascript; charset=utf-8", site.FOREVER)
    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")


def template_at(account: Aws, **resources: object) -> str:
    if not account.call("s3", "list_buckets")["Buckets"]:
        account.call("s3", "create_bucket", Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    body = json.dumps({"Resources": resources}).encode()
    account.call("s3", "put_object", Bucket="code", Key="t.json", Body=body)
    return f"https://code.s3.{REGION}.amazonaws.com/t.json"


def updated(account: Aws, run: str, **resources: Any) -> Any:
    return stack.update(account, "portal-dev", run, template_at(account, **resources), {}, {"stage": "dev"})


def test_a_stack_is_created_then_updated(account: Aws) -> None:
    updated(account, "run-1", Table=TABLE)
    assert account.call("dynamodb", "list_tables")["TableNames"] == ["kept"]
    updated(account, "run-2", Table=TABLE, Topic=TOPIC)
    assert len(account.call("sns", "list_topics")["Topics"]) == 1


def test_a_table_is_never_removed_in_passing(account: Aws) -> None:
    updated(account, "run-1", Table=TABLE, Topic=TOPIC)
    with pytest.raises(SystemExit, match=r"Table \(Remove\)"):
        updated(account, "run-2", Topic=TOPIC)
    assert account.call("dynamodb", "list_tables")["TableNames"] == ["kept"]
