"""How metrics leave the deployment: one scrape of one web process tells of all processes. What is counted is defined in
`incidents/metrics.py`."""
