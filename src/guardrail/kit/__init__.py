"""The kit of those who write rules: drafting, linting, mutating, explaining them, and what they cover."""
