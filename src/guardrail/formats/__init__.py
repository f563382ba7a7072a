"""Bytes -> located values. One module a notation; none knows what the values mean."""
