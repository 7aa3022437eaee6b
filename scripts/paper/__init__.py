"""The paper's experiment as a command: settings, draws, what they say, and a page of it."""
