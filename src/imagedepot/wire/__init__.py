"""What goes over the wire: one struct for each object of a dialect, free of any web framework.

Answers are encoded from these structs, bodies are checked against them, and the OpenAPI document (and from it the
types of the web UI) is generated from them, so a key is written down once.
"""
