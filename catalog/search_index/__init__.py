"""What search finds: documents, typed quantities, synonyms, and the engines that match them."""
