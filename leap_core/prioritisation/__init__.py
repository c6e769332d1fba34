"""From predictions to a list: where the sample stands, what is reliable, what is shown first."""
