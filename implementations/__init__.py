"""What runs: the reference submission, one module for each part of the contract, and what goes beyond it."""
