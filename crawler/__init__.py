"""Collecting photographs of gems from shops' pages.

`run.crawl` does it. What comes is a crawl folder (`folder`); how a shop's pages are read is told by a site file
(`site_file`). Only what asks for pages (`spider`, `patience`, ...) needs scrapy.
"""
