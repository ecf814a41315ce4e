"""What a service does not start with: each refusal names the setting, and never tells its value."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from pydantic import TypeAdapter, ValidationError

from chalicelib import billing, config
from chalicelib.clock import utc_now
from chalicelib.providers import gateways, messages
from chalicelib.upstream import Outgoing
from local.demo_logins import PASSWORD
from local.sandbox import Shop, demo_environment

#: Says that the gateway's test mode is meant: nobody's money moves, and the portal credits it as if it had.
ALLOW_TEST = "ALLOW_TEST_PAYMENTS"
_TEST_MODE = ("_IS_TEST", "_TEST_MODE")
#: These would take the store, or its work, out of this process.
_ELSEWHERE = ("PORTAL_STORE_ENDPOINT", "PORTAL_QUEUE_URL")


def refusals(environ: Mapping[str, str]) -> list[str]:
    """Why a service does not start with this environment; empty when it does."""
    found = [*_start(environ), *_site(environ), *_demonstration(environ), *_addresses(environ), *_test_mode(environ)]
    return found or [*_portal(environ)] or [*_companies(environ)]


def _start(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("PORTAL_STAGE", "local") == "local":
        yield "PORTAL_STAGE: a service has a name of its own, `prod` for example; without one it would guard nothing"
    if not Path(environ.get("DATA_DIR", "")).is_absolute():
        yield "DATA_DIR: the full path of a directory"
    port = environ.get("PORT", "8000")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        yield "PORT: a number from 1 to 65535"
    for name in _ELSEWHERE:
        if environ.get(name):
            yield f"{name}: the store and its work are in this process; the setting belongs to the cloud"


def _site(environ: Mapping[str, str]) -> Iterator[str]:
    if _origin(_parts(environ.get("PORTAL_SITE_URL", ""))) != environ.get("PORTAL_SITE_URL", ""):
        yield "PORTAL_SITE_URL: https:// and the public name of the site, nothing behind it"
    for origin in environ.get("PORTAL_PUBLIC_ORIGINS", environ.get("PORTAL_SITE_URL", "")).split(","):
        if _origin(_parts(origin.strip())) != origin.strip():
            yield "PORTAL_PUBLIC_ORIGINS: each https:// and a public name, nothing behind it"


def _origin(parts: SplitResult) -> str | None:
    """None for what is no public https address."""
    if parts.scheme != "https" or not parts.hostname or _loopback(parts.hostname):
        return None
    return f"https://{parts.netloc.lower()}"


def _demonstration(environ: Mapping[str, str]) -> Iterator[str]:
    """The demonstration's secrets are public; under whatever name, they keep nobody out."""
    shop, demo = Shop(), demo_environment("")
    secrets = {PASSWORD, shop.password1, shop.password2, shop.test_password1, shop.test_password2}
    secrets |= {value for name, value in demo.items() if "PASSWORD" in name}
    for name, value in sorted(environ.items()):
        # the demonstration's AWS keys are one plain word, so only their own names are looked at
        if any(secret in value for secret in secrets) or (name.startswith("AWS_") and value == demo.get(name)):
            yield f"{name}: a secret of the demonstration; everybody knows it"


def _addresses(environ: Mapping[str, str]) -> Iterator[str]:
    """A billing may well live on this machine. A payment company does not."""
    companies = tuple(prefix for registry in (gateways.ADAPTERS, messages.ADAPTERS) for prefix in _prefixes(registry))
    for name, value in sorted(environ.items()):
        parts = _parts(value)
        if parts.scheme not in {"http", "https"}:
            continue
        if parts.path.startswith("/sandbox/"):
            yield f"{name}: the sandbox exists in the demonstration only"
        elif name.startswith(companies) and (not parts.hostname or _loopback(parts.hostname)):
            yield f"{name}: an address of this machine; the company is not here"


def _test_mode(environ: Mapping[str, str]) -> Iterator[str]:
    if _true(environ.get(ALLOW_TEST, "no")):
        return
    for name, value in sorted(environ.items()):
        if name.endswith(_TEST_MODE) and _true(value):
            yield f"{name}: in test mode nobody pays; {ALLOW_TEST}=yes if that is meant"


def _portal(environ: Mapping[str, str]) -> Iterator[str]:
    try:
        config.load(environ)
    except ValidationError as error:
        yield from _told(config.PREFIX, error)


def _companies(environ: Mapping[str, str]) -> Iterator[str]:
    """Every adapter is made once, so that a missing password is found now and not by the first payer."""
    settings = config.load(environ)
    if settings.email == "ses" and not (environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY")):
        yield "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: e-mail through `ses` needs them"
    if settings.billing not in billing.ADAPTERS:
        yield f"PORTAL_BILLING: there is no `{settings.billing}`; known are {', '.join(sorted(billing.ADAPTERS))}"
    for name in settings.gateways:
        yield from _company("PORTAL_GATEWAYS", gateways.ADAPTERS, name, environ)
    for setting, sender in (("PORTAL_SMS", settings.sms), ("PORTAL_EMAIL", settings.email)):
        if sender:
            yield from _company(setting, messages.ADAPTERS, sender, environ)


def _company(setting: str, registry: Mapping[str, str], name: str, environ: Mapping[str, str]) -> Iterator[str]:
    if name not in registry:
        yield f"{setting}: there is no `{name}`; known are {', '.join(sorted(registry))}"
        return
    try:
        if registry is gateways.ADAPTERS:
            gateways.load(name, environ, Outgoing(name), utc_now, lambda every, call="": None)
        else:
            messages.load(name, environ, Outgoing(name))
    except ValidationError as error:
        yield from _told(_prefix(registry[name]), error)


def _told(prefix: str, error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        where = f"{prefix}{str(item['loc'][0]).upper()}" if item["loc"] else f"{prefix}*"
        yield f"{where}: {item['msg']}"


def _prefixes(registry: Mapping[str, str]) -> Iterator[str]:
    yield from map(_prefix, registry.values())


def _prefix(adapter: str) -> str:
    """How the names of an adapter's settings begin."""
    return str(import_module(adapter.partition(":")[0]).PREFIX)


def _parts(value: str) -> SplitResult:
    try:
        return urlsplit(value)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _true(value: str) -> bool:
    try:
        return TypeAdapter(bool).validate_python(value)
    except ValidationError:
        return False
