"""Other scanners that run beside guardrail, on what it does not read itself; their findings stand in its reports.

Checkov is the only one so far (`checkov`). It runs in a process of its own (`checkov_process`), which starts before the
scan and is waited for after it.
"""
