"""The three stages of a crawl: the index of a shop, its products, and their pictures."""
