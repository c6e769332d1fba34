"""Every table of a user's as a frame: one reader, whatever the layout, the number format or the wrapping."""
