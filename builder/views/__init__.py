"""What geos-build shows: one module for each kind of result. Pure: values in, something that rich can print out."""
