"""Tables: whatever holds columns becomes a table of numbers, categories, booleans and date-times."""
