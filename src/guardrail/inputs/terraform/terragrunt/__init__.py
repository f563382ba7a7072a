"""Terragrunt: a `terragrunt.hcl` names a module and gives it inputs. The module is judged with them.

What Terragrunt does besides (remote state, generated files, hooks, stacks) is not evaluated.
"""
