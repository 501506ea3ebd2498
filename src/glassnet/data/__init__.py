"""The way of the data: from a file, frame or array to one matrix of numbers, and from scores back to labels."""
