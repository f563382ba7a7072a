"""Firewalls of clouds beside the three largest -> `network_rule` nouns; a module for each provider, called as it is.

By the documentation of each provider's resource in the Terraform registry. Whatever has no description of its own is
described by its label, or by the name of what it belongs to.
"""
