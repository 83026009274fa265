"""Everything between a person and an AWS account."""
