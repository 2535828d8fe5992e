"""What is asked of the data: who is in, since when and until when, why, and how much of the rules tests have seen."""
