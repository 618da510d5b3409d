"""A host's app with a model that points at the portal."""
