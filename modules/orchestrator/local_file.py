"""The old place of the provider of files, by which states of earlier checkouts know it."""

from modules.local_file import FileProvider

__all__ = ["FileProvider"]
