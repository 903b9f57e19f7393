"""The crawl folder: pictures, records, and the log of what was fetched."""
