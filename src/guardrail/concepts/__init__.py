"""Resources -> neutral nouns.

Each concept is a YAML file here: its fields, and the bindings that a mapping can say. What a mapping can't
say is a module here, named in `table.py`.
"""
