"""The version, in one place: pyproject.toml, the reports and `--version` read it here."""

__version__ = "0.1.0"
