"""The trackers' way in: points by batch, one by one, by websocket and by OsmAnd's protocol. What a point is worth is
decided in `dispatch/tracks.py`."""
