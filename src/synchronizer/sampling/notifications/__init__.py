"""The notifications of a cloud's own services, and the hints that they give."""
