"""Formats of strings of which llguidance's own notion is wider than strict validators': narrower patterns instead.

The llama worker has the same patterns (src/llama-worker/grammar/json-formats.ts).
"""

_LABEL = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL}){{0,3}}"

PATTERN_OF_FORMAT = {
    "email": rf"^[A-Za-z0-9_+-]{{1,20}}(\.[A-Za-z0-9_+-]{{1,20}}){{0,2}}@{_LABEL}(\.{_LABEL}){{1,3}}$",
    "hostname": f"^{_HOST}$",
    "uri": f"^https?://{_HOST}(/[A-Za-z0-9_~.-]{{1,20}}){{0,6}}/?$",
}
