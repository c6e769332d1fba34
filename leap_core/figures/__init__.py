"""One function per figure: data frame in, plotly figure out."""
