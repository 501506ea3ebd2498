"""Models on disk: a `.glassnet` file holds numbers and names, and nothing that runs."""

from glassnet.storage.model_file import check, load, save
from glassnet.storage.network_file import load_network, save_network

__all__ = ["check", "load", "load_network", "save", "save_network"]
