"""How each CloudFormation resource type is made, changed, read and removed through its service's own API."""
