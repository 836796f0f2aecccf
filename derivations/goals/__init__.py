"""What a question wants to see derived, and whether a checked document gets there."""
