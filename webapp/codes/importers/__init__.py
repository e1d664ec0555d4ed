"""One module a source of the catalogue. `IMPORTERS` names those that exist; the command line offers each."""
