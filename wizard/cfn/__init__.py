"""CloudFormation templates as values: read, evaluated, ordered. Pure: knows neither AWS nor geos's systems."""
