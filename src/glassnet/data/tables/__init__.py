"""Tables in memory: typed, named columns made from files, data frames, arrays or dicts."""
