"""Live sessions of the web app: people in frames that a browser sends, or in a source on the server."""
