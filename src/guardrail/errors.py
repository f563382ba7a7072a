"""Every exception that guardrail raises on purpose.

    GuardrailError
    ├── UsageError        the command line asks for something that is not there      exit 2
    ├── ConfigError       guardrail.yaml is wrong                                    exit 2
    ├── RuleError         a rule file or a concept binding is wrong                  exit 2
    └── InternalFault     a fault of guardrail's own                                 exit 4

What goes wrong in the *scanned* files is never an exception past the reader that met it:
it is a `guardrail.model.Problem` in the result, and the scan goes on.
"""

from __future__ import annotations


class GuardrailError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 4


class UsageError(GuardrailError):
    exit_code = 2


class LocatedError(GuardrailError):
    """An error that stands at a place in a file that the user wrote for guardrail.

    `line` and `column` are 1-based; 0 means that the place within the file is not known.
    """

    exit_code = 2

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0) -> None:
        self.message, self.file, self.line, self.column = message, file, line, column
        place = f"{file}:{line}:{column}" if line and column else f"{file}:{line}" if line else file
        super().__init__(f"{place}: {message}" if place else message)


class ConfigError(LocatedError):
    pass


class RuleError(LocatedError):
    pass


class InternalFault(GuardrailError):
    exit_code = 4
