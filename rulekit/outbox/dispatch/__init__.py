"""The worker: claims what is due, hands each email to the sender, and writes down what became of it."""
