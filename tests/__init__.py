"""What is checked: one file a question group, each test a theorem about a submission."""
