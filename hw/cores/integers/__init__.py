"""Integer maps, element by element: scaled, added and compared, some channels of a pixel a beat."""
