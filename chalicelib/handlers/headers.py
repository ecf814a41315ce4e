"""The one table of security headers: the API, the local server, the deployment and the tests read it."""

from collections.abc import Mapping, Sequence

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

#: An answer of the API is data: it is never stored, framed or run.
API_HEADERS: Mapping[str, str] = {
    **_EVERYWHERE,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def site_headers(form_origins: Sequence[str] = ()) -> Mapping[str, str]:
    """Headers of the static site; ``form_origins`` are those gateways that take their checkout by a form."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": " ".join(["'self'", *form_origins]),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return {**_EVERYWHERE, "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items())}
