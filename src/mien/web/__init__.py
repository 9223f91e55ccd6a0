"""The web app: `create_app()` for a server of your own, `mien serve` for ours.

Flask and what it needs come with the extra `web`. Nothing is loaded here: `from mien.web.app import create_app`.
"""
