"""YAML -> checked, compiled rules; rules x resources -> verdicts."""
