"""How a shop is asked: the spider, its policy, retries, rate limits and state."""
