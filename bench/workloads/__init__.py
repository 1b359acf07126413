"""The measurements, one module each: TITLE, GOALS and `run(stage) -> Result`."""
