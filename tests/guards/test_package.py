"""What goes to Lambda: made once for both stages, linted, and started with nothing beside it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.deployment import archive
from ops.deployment.template import KEPT, functions
from ops.package import Package, build

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1024 * 1024
#: Started as Lambda starts it: the package's folder, the interpreter, and no boto3.
SMOKE = """
import json, sys
tree, event, settings = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
sys.path.insert(0, tree)
import os
os.environ.update(settings)
import app
assert app.__file__.startswith(tree), app.__file__
answer = app.app(event, None)
assert "boto3" not in sys.modules
from chalicelib import bootstrap
from chalicelib.store import transaction
assert transaction._connection().client.meta.service_model.service_name == "dynamodb"
assert sorted(bootstrap.senders()) == ["email", "sms"]
assert bootstrap.gateways()
from chalicelib.cloud.queue import Queue
assert Queue("https://sqs.eu-central-1.amazonaws.com/1/q")._client.meta.service_model.service_name == "sqs"
from chalicelib.cloud.keys import KmsKeys
assert KmsKeys("arn:aws:kms:eu-central-1:1:key/k")._client.meta.service_model.service_name == "kms"
from chalicelib.services import passwords
assert "123456789012" in passwords._commonest()
sys.stdout.write("\\nANSWER " + json.dumps(answer))
"""
SETTINGS = {
    "AWS_LAMBDA_FUNCTION_NAME": "portal-dev-api",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "PORTAL_STAGE": "dev",
    "PORTAL_SITE_URL": "https://my.example.net",
    "PORTAL_PUBLIC_ORIGINS": "https://my.example.net",
    "PORTAL_TABLE_PREFIX": "portal-dev-",
    "PORTAL_SMS": "smsc",
    "PORTAL_EMAIL": "ses",
    "SES_SENDER": "noreply@example.net",
    "SMSC_LOGIN": "example",
    "ROBOKASSA_MERCHANT_LOGIN": "example-shop",
    "PORTAL_SECRETS": json.dumps(
        {
            "PORTAL_ORIGIN_SECRET": "o" * 32,
            "SMSC_PASSWORD": "example-password",
            "ROBOKASSA_PASSWORD1": "first-password",
            "ROBOKASSA_PASSWORD2": "second-password",
        }
    ),
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Package]:
    return {stage: build(stage, tmp_path_factory.mktemp(stage)) for stage in ("dev", "prod")}


@pytest.fixture(scope="module")
def tree(packages: dict[str, Package], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(packages["dev"].code) as code:
        code.extractall(folder)
    return folder


def test_two_builds_are_equal_byte_for_byte(packages: dict[str, Package]) -> None:
    assert packages["dev"].code.read_bytes() == packages["prod"].code.read_bytes()


def test_it_is_small_enough_to_start_fast(packages: dict[str, Package]) -> None:
    assert packages["dev"].code.stat().st_size < 10 * MEGABYTE


def test_it_holds_the_portal_and_nothing_of_the_workshop(tree: Path) -> None:
    for name in ("app.py", "chalicelib/bootstrap.py", "pydantic", "pynamodb", "tzdata"):
        assert (tree / name).exists(), name
    for name in ("tests", "ops", "local", "static_site", "boto3", "ministack", ".chalice", "docs"):
        assert not (tree / name).exists(), name
    described = {path.name for path in (tree / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == archive.SERVICES


def test_every_source_has_bytecode_that_is_trusted_unchecked(tree: Path) -> None:
    sources = [path for path in tree.rglob("*.py") if "lib2to3" not in path.parts]
    for source in sources:
        [compiled] = (source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc")
        # the word after the magic number: 1 = by hash, without 2 = and never compared with the source
        assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 1, source
    assert len(sources) > 400


@pytest.mark.parametrize(("secret", "status"), [("o" * 32, 200), ("x" * 32, 403)])
def test_it_starts_alone_and_answers_whoever_comes_by_the_distribution(tree: Path, secret: str, status: int) -> None:
    event = event_of("/api/health", {"X-Origin-Secret": secret, "CloudFront-Viewer-Address": "203.0.113.9:443"})
    done = started(tree, event, SETTINGS)
    answer = json.loads(done.stdout.rpartition("ANSWER ")[2])
    assert answer["statusCode"] == status
    if status == 200:
        assert json.loads(answer["body"])["status"] == "ok"


@pytest.mark.parametrize("missing", ["PORTAL_SECRETS", "PORTAL_SITE_URL"])
def test_without_a_setting_it_needs_it_answers_nothing_and_says_which(tree: Path, missing: str) -> None:
    left = {name: value for name, value in SETTINGS.items() if name != missing}
    done = started(tree, event_of("/api/health", {}), left, check=False)
    assert '"statusCode": 200' not in done.stdout
    assert "a deployment needs PORTAL_ORIGIN_SECRET and an https PORTAL_SITE_URL" in done.stdout + done.stderr


def started(tree: Path, event: object, settings: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """-I -S: neither this machine's environment nor anything installed on it."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", SMOKE, str(tree), json.dumps(event), json.dumps(settings)],
        capture_output=True,
        text=True,
        check=check,
        env={"PATH": os.environ["PATH"]},
    )


def event_of(path: str, headers: dict[str, str]) -> dict[str, Any]:
    """As API Gateway hands it to the function behind ``/{stage}{path}``."""
    context = {"resourcePath": path, "httpMethod": "GET", "path": f"/api{path}", "stage": "api", "requestId": "r-1"}
    return {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {**context, "identity": {"sourceIp": "130.176.0.1"}},
        "body": None,
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_cloudformation_s_own_linter_has_nothing_to_say(packages: dict[str, Package], stage: str) -> None:
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([linter, packages[stage].template], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("stage", "policy", "protected"), [("dev", "Delete", False), ("prod", "Retain", True)])
def test_only_the_trial_stage_takes_its_tables_with_it(
    packages: dict[str, Package], stage: str, policy: str, protected: bool
) -> None:
    template = packages[stage].read()
    tables = [part for part in template["Resources"].values() if part["Type"] == KEPT]
    assert {part["DeletionPolicy"] for part in tables} == {policy}
    assert template["Resources"]["SealingKey"]["DeletionPolicy"] == policy
    assert {part["Properties"]["DeletionProtectionEnabled"] for part in tables} == {protected}
    assert template["Parameters"]["Stage"]["AllowedValues"] == [stage]


def test_what_is_merged_belongs_to_functions_that_chalice_makes(packages: dict[str, Package]) -> None:
    """A name of resources.json that no function of the map has would make half a resource."""
    template = packages["dev"].read()
    assert all("Type" in part for part in template["Resources"].values())
    assert len(functions(template)) == 11
    [event] = functions(template)["WorkAgenda"]["Events"].values()
    assert event["Properties"]["Queue"] == {"Fn::Sub": "${AgendaQueue.Arn}"}


def test_each_function_has_a_role_of_its_own_with_its_policy(packages: dict[str, Package]) -> None:
    resources = packages["prod"].read()["Resources"]
    roles = {function["Role"]["Fn::GetAtt"][0]: name for name, function in functions(packages["prod"].read()).items()}
    assert len(roles) == 11
    for role, name in roles.items():
        [policy] = resources[role]["Properties"]["Policies"]
        file = "policy-prod.json" if name == "APIHandler" else "policy-prod-jobs.json"
        wanted = json.loads((ROOT / ".chalice" / file).read_text())
        assert policy["PolicyDocument"] == wanted
