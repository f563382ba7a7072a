"""Findings -> findings: what has been accepted stays in the report, marked with who accepted it and why."""
