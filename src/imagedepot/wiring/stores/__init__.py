"""The stores that the settings choose: our own, alone or shared by nodes, and engines."""
