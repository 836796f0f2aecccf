"""Who passes: the catalogue, the sandbox, the experiments, the gradebook, the reports and the command line."""
