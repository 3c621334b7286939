"""Renderers: an assessment in, a document out. One module per format."""
