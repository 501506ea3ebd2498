"""Save models to `.glassnet` files and load them; a file contains only data, no code."""

from glassnet.storage.model_file import check, load, save
from glassnet.storage.network_file import load_network, save_network

__all__ = ["check", "load", "load_network", "save", "save_network"]
