"""Work that is shared between processes and machines. Nothing here loads a network in the process that hands it out."""
