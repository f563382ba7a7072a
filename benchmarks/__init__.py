"""How fast guardrail is, measured as whole processes on inputs made here: `python -m benchmarks`."""
