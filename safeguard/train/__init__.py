"""From corpus to shipped model; needs the extra ``train``."""
