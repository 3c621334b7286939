"""Other resources: consumers of the audit log, and the tools that the guide names."""
