"""What every interface serves from, and no transport: filters, encoding, pages, the tail."""
