"""``python -m ops deploy``: the whole way of a version into an AWS account; ``--dry-run`` only tells it.

Every step may be repeated: a deployment that was broken off is started again. See docs/deploy.md.
"""

import argparse
import hashlib
import json
import time
import tomllib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops.deployment import description, site, stack
from ops.deployment.cloud import Answer, Aws, Cloud, Plan
from ops.deployment.description import Description
from ops.deployment.template import Template, place
from ops.package import ROOT, STAGES, Package, build

#: How often a new distribution is asked before it is said not to answer.
PROBES = 30


@dataclass(frozen=True)
class Deployment:
    cloud: Cloud
    stage: str
    described: Description
    package: Package
    #: names this run in CloudFormation and CloudFront
    run: str
    pause: Callable[[float], None] = time.sleep

    def go(self) -> None:
        secrets, version = self._secret()
        self._say("settings")
        policy = description.check(description.environment(self.described, self.stage, secrets))
        bucket = self._artefacts()
        template_url = self._upload_code(bucket)
        self._say(f"stack {self.name}")
        parameters = self.described.parameters_of(self.stage, version, policy)
        tags = {"app": "portal", "stage": self.stage}
        outputs = stack.update(self.cloud, self.name, self.run, template_url, parameters, tags)
        self._site(outputs)
        self._probe(outputs)

    @property
    def name(self) -> str:
        return f"portal-{self.stage}"

    @property
    def version(self) -> str:
        """What `GET /api/health` will tell: the project's version and the code it was made from."""
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        return f"{project}+{self._digest[:8]}"

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self.package.code.read_bytes()).hexdigest()

    def _secret(self) -> tuple[Mapping[str, str], str]:
        self._say("secret")
        found = self.cloud.call("secretsmanager", "get_secret_value", SecretId=description.secret_name(self.stage))
        return json.loads(found["SecretString"]), found["VersionId"]

    def _artefacts(self) -> str:
        """The private bucket of what was deployed; made on the first run. Former packages stay, to go back to."""
        self._say("artefacts")
        account = self.cloud.call("sts", "get_caller_identity")["Account"]
        bucket = f"portal-artefacts-{account}-{self.described.region}"
        try:
            self.cloud.call("s3", "head_bucket", Bucket=bucket, ExpectedBucketOwner=account)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            place = {"CreateBucketConfiguration": {"LocationConstraint": self.described.region}}
            self.cloud.call(
                "s3", "create_bucket", Bucket=bucket, **({} if self.described.region == "us-east-1" else place)
            )
        closed = dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        )
        self.cloud.call("s3", "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=closed)
        return bucket

    def _upload_code(self, bucket: str) -> str:
        """The keys are digests: the same code is the same object, and CloudFormation sees that nothing changed."""
        self._say("code")
        code = f"{self.name}/{self._digest}.zip"
        self.cloud.call("s3", "put_object", Bucket=bucket, Key=code, Body=self.package.code.read_bytes())
        settings = {**self.described.settings, "PORTAL_VERSION": self.version}
        template: Template = place(self.package.read(), bucket, code, settings)
        body = json.dumps(template, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        key = f"{self.name}/{hashlib.sha256(body).hexdigest()}.json"
        self.cloud.call("s3", "put_object", Bucket=bucket, Key=key, Body=body, ContentType="application/json")
        return f"https://{bucket}.s3.{self.described.region}.amazonaws.com/{key}"

    def _site(self, outputs: Mapping[str, str]) -> None:
        made = site.release(ROOT / "static_site", self.described.site_config)
        self._say(f"site, release {made.name}")
        site.upload(self.cloud, outputs["SiteBucketName"], made)
        site.invalidate(self.cloud, outputs["DistributionId"], made, self.run)

    def _probe(self, outputs: Mapping[str, str]) -> None:
        """The distribution answers with this version, and the API not without it.

        By the distribution's own name, which works before the site's name points at it.

        :raises SystemExit: it does not.
        """
        self._say("check")
        health = f"https://{outputs['DistributionDomain']}/api/health"
        for attempt in range(PROBES):
            status, body = self.cloud.fetch(health)
            if status == 200 and json.loads(body).get("version") == self.version:
                break
            self.pause(10 if attempt else 0)
        else:
            raise SystemExit(f"{health} answers {status}: {body[:200]}")
        around, _ = self.cloud.fetch(outputs["EndpointURL"] + "api/health")
        if around != 403:
            raise SystemExit(f"{outputs['EndpointURL']} answers {around} without the distribution's secret, not 403")
        status, _ = self.cloud.fetch(f"{outputs['SiteUrl']}/api/health")
        pointed = (
            "answers" if status == 200 else f"does not answer yet: point its CNAME to {outputs['DistributionDomain']}"
        )
        self._say(f"{outputs['SiteUrl']} {pointed}")

    def _say(self, words: str) -> None:
        print(f"== {words}", flush=True)


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("deploy", help="put the portal into AWS")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--description", type=Path, help="default: deployments/<stage>.toml")
    parser.add_argument("--dry-run", action="store_true", help="tell every call to AWS and make none")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    stage: str = arguments.stage
    described = Description.read(arguments.description or ROOT / "deployments" / f"{stage}.toml")
    package = build(stage, ROOT / "build" / "package")
    cloud: Cloud = Aws(described.region)
    if arguments.dry_run:
        cloud = Plan({})
    deployment = Deployment(cloud, stage, described, package, f"portal-{uuid.uuid4().hex[:12]}")
    if arguments.dry_run:
        deployment = planned(deployment)
    try:
        deployment.go()
    except (ClientError, BotoCoreError) as error:
        raise SystemExit(f"AWS: {error}") from None
    return 0


def planned(real: Deployment, tell: Callable[[str], None] = print) -> Deployment:
    """The same steps against an account that does not exist: a first deployment that goes well."""
    outputs = {
        "SiteUrl": f"https://{real.described.domain}",
        "SiteBucketName": "<SiteBucket>",
        "DistributionId": "<Distribution>",
        "DistributionDomain": "distribution.invalid",
        "EndpointURL": "https://api.invalid/api/",
    }
    secrets = {name: f"<{name}> {'.' * 32}" for name in real.described.secrets}
    told = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    answers: dict[str, Answer] = {
        "secretsmanager.get_secret_value": {"SecretString": json.dumps(secrets), "VersionId": "0" * 32},
        "sts.get_caller_identity": {"Account": "000000000000"},
        "cloudformation.describe_stacks": {"Stacks": [{"StackStatus": "REVIEW_IN_PROGRESS", "Outputs": told}]},
        "https://distribution.invalid/api/health": {"status": 200, "body": json.dumps({"version": real.version})},
        "https://api.invalid/api/api/health": {"status": 403, "body": ""},
    }
    return Deployment(Plan(answers, tell), real.stage, real.described, real.package, real.run, real.pause)
