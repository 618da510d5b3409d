"""Northlight Studio: a small agency app in Django that shows its clients their projects with portalkit."""
