"""What every answer tells the browser."""

from __future__ import annotations

from collections.abc import Sequence

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Styles may be inline because the component library writes them, images data because figures are saved."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def headers_for(frame_ancestors: Sequence[str]) -> dict[str, str]:
    """The same, where pages of these origins may show the dashboard in a frame.

    X-Frame-Options cannot name anybody, so it goes; browsers that know frame-ancestors heed that alone.
    """
    if not frame_ancestors:
        return HEADERS
    allowed = f"frame-ancestors 'self' {' '.join(frame_ancestors)}"
    policy = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", allowed)
    kept = {name: value for name, value in HEADERS.items() if name != "X-Frame-Options"}
    return kept | {"Content-Security-Policy": policy}


READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
