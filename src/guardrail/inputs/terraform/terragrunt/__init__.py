"""Terragrunt: a `terragrunt.hcl` names a module, gives it inputs and writes files into it; a `terragrunt.stack.hcl`
makes units of files with values. Each unit's module is judged with all that.

What Terragrunt does besides (remote state, hooks, the outputs of dependencies) is not evaluated.
"""
