"""Training experiments: the submission trains in its own process, the judge evaluates what comes back."""
