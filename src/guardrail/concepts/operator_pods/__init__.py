"""Operators whose objects say in words of their own what is in their pods: each module turns them into pod specs.

A module has `bearers(kind, group, attributes, inventory)`, see `guardrail.concepts.pod_kinds`. The specs are made of
the very values of the object, so that everything keeps its place.
"""
