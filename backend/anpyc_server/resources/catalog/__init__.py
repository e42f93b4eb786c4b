"""What there is to choose from: schema, presets, data sets."""
