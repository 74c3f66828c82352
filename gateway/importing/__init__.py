"""An existing list becomes leads, by the rules that forms follow (rules 2–9), and can be taken back as a whole."""
