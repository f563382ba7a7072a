"""The names of other scanners' configuration: every scan looks for them, few find one to read."""

CHECKOV = frozenset((".checkov.yaml", ".checkov.yml"))
TRIVY = frozenset((".trivyignore.yaml", ".trivyignore.yml"))
TRIVY_PLAIN = ".trivyignore"
ZIZMOR = frozenset(("zizmor.yml", "zizmor.yaml"))
KUBE_LINTER = frozenset((".kube-linter.yaml", ".kube-linter.yml"))
PEER_FILES = CHECKOV | TRIVY | ZIZMOR | KUBE_LINTER | {TRIVY_PLAIN}
