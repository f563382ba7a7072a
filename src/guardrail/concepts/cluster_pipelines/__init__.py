"""Pipelines that run in a cluster, as objects of it: Tekton and Argo Workflows, in the words of all CI systems.

They stay resources of Kubernetes, with containers and workloads like other objects that bear pods; here they get the
nouns of pipelines beside those: pipeline, job, script, dependency. What one object hands to another (a trigger's
binding to a run, a pipeline to its tasks) is followed by the names in the scanned set.
"""
