"""Training recipes. PyTorch is imported here and nowhere else; `pip install 'mien[train]'`."""
