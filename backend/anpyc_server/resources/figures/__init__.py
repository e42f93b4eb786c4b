"""The list of figures, and each as Plotly's JSON."""
