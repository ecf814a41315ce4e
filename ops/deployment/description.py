"""What the provider says about one deployment: ``deployments/<stage>.toml``, and whether the portal would start."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib import clock, config
from chalicelib.handlers.headers import site_headers
from chalicelib.providers import gateways, messages
from chalicelib.upstream import Outgoing

#: Lambda's own limit for all the variables of a function together.
ENVIRONMENT_BYTES = 4096


class Description(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    domain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]+[a-z]$")]
    certificate_arn: Annotated[str, Field(pattern=r"^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$")]
    alarm_email: Annotated[str, Field(pattern=r"^[^@ ]+@[^@ ]+$")]
    sender_identity: str = ""
    site_config: Path | None = None
    secrets: tuple[str, ...]
    settings: dict[str, str] = {}
    parameters: dict[str, str] = {}

    @classmethod
    def read(cls, file: Path) -> Self:
        """:raises SystemExit: there is none, or it names the line that is wrong."""
        try:
            found = cls.model_validate(tomllib.loads(file.read_text()))
        except FileNotFoundError:
            raise SystemExit(f"{file} is missing: copy ops/deployment/example.toml there and fill it in") from None
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise SystemExit(f"{file}: {_told(error)}") from None
        if found.site_config is None:
            return found
        return found.model_copy(update={"site_config": file.parent / found.site_config})

    def parameters_of(self, stage: str, secret_version: str, policy: str) -> dict[str, str]:
        """The template's parameters; those of the file's own table win nothing over these."""
        return {
            **self.parameters,
            "Stage": stage,
            "SiteDomain": self.domain,
            "CertificateArn": self.certificate_arn,
            "AlarmEmail": self.alarm_email,
            "SecretName": secret_name(stage),
            "SecretVersion": secret_version,
            "SenderIdentity": self.sender_identity,
            "SesConfigurationSet": self.settings.get("SES_CONFIGURATION_SET", ""),
            "ContentSecurityPolicy": policy,
        }


def secret_name(stage: str) -> str:
    return f"portal/{stage}"


def environment(description: Description, stage: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """What the functions will find, with the values that the template computes in AWS written out.

    :raises SystemExit: the secret does not hold what the file says.
    """
    if missing := sorted(set(description.secrets) - set(secrets)):
        raise SystemExit(f"the secret {secret_name(stage)} lacks {', '.join(missing)}")
    if surplus := sorted(set(secrets) - set(description.secrets)):
        raise SystemExit(f"the secret {secret_name(stage)} holds {', '.join(surplus)}, which `secrets` does not name")
    if shown := sorted(set(secrets) & set(description.settings)):
        raise SystemExit(f"{', '.join(shown)}: both a secret and a setting")
    site = f"https://{description.domain}"
    return {
        "PORTAL_STAGE": stage,
        "PORTAL_SITE_URL": site,
        "PORTAL_PUBLIC_ORIGINS": site,
        "PORTAL_TABLE_PREFIX": f"portal-{stage}-",
        "PORTAL_QUEUE_URL": f"https://sqs.{description.region}.amazonaws.com/000000000000/portal-{stage}-agenda",
        "SES_REGION": description.region,
        **description.settings,
        config.SECRETS: json.dumps(dict(secrets)),
    }


def check(environ: Mapping[str, str]) -> str:
    """Start everything that reads settings, as Lambda will; the answer is the site's content security policy.

    :raises SystemExit: naming the setting; never showing what it held.
    """
    size = sum(len(name.encode()) + len(value.encode()) for name, value in environ.items())
    if size > ENVIRONMENT_BYTES:
        raise SystemExit(f"the settings take {size} bytes, Lambda has {ENVIRONMENT_BYTES} for them")
    try:
        whole = config.environment(environ)
        settings = config.load(whole)
        loaded = [
            gateways.load(name, whole, Outgoing(name), clock.utc_now, lambda every, call="": None)
            for name in settings.gateways
        ]
        for name in (settings.sms, settings.email):
            if name:
                messages.load(name, whole, Outgoing(name))
    except (ValueError, KeyError) as error:
        raise SystemExit(f"the portal would not start: {_told(error)}") from None
    origins = [origin for gateway in loaded for origin in gateway.form_origins]
    return site_headers(origins)["Content-Security-Policy"]


def _told(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"no adapter {error}" if isinstance(error, KeyError) else str(error)
    found: list[Any] = error.errors(include_input=False, include_url=False)
    return "; ".join(f"{error.title} {'.'.join(map(str, line['loc']))}: {line['msg']}" for line in found)
