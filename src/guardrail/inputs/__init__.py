"""Files -> resources. One package a platform; `table` names them, `reader` says what they have in common."""
