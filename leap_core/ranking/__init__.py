"""From predictions to a list: calibration, intervals, priority, budget, controls."""
