"""Collect photographs of gems from the pages of shops.

`crawl.crawl` does it and leaves a crawl folder (`storage.folder`). A site file (`sites.site_file`) says how a shop's
pages are read. Only what asks for pages (`scraping.spider`, `scraping.retry`, ...) needs scrapy.
"""
