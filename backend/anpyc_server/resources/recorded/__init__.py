"""What a run recorded: accuracy, losses, layers, log lines, artifacts."""
