"""The CloudFormation of the simulated account: templates, change sets, stacks, drift."""
