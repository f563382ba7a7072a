# Conftest has no rules of its own. These three stand for what a team might ask for first.
package main

import rego.v1

deny contains message if {
	some container in input.spec.template.spec.containers
	not container.resources.limits.memory
	message := sprintf("%s has no memory limit", [container.name])
}

deny contains message if {
	some name, bucket in input.resource.aws_s3_bucket
	bucket[_].acl == "public-read"
	message := sprintf("%s is public", [name])
}

deny contains message if {
	some job in input.jobs
	some step in job.steps
	not regex.match(`@[0-9a-f]{40}$`, step.uses)
	message := sprintf("%s is not pinned", [step.uses])
}
