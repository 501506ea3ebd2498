"""Tables in memory: columns with names and kinds, found from files, frames, arrays or records."""
