"""What a shop's pages look like and say: site files, pages and items."""
