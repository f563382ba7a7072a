"""guardrail: policy-as-code compliance scanner. The public API is what `__all__` names."""

from __future__ import annotations

from guardrail._version import __version__

__all__ = ["__version__"]
