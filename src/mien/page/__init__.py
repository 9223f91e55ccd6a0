"""What reports are made of: one HTML file that needs nothing else, and charts as SVG."""
