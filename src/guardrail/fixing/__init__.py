"""Findings -> edits of the files that they stand in.

A remedy that is an assignment (Set `publicly_accessible = false`) is what mends the finding: `assignments` reads it,
`checkouts` keeps it from jobs that it may break, `terraform` and `yaml_values` put it into the text, `mending` keeps
what another scan of the changed files agrees to.
"""
