"""Tables: read from files and objects, coded for a network, reviewed, split and written."""
