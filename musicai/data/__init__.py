"""What music and listening are, as frozen values and arrays."""
