"""Two shops on this machine to try a crawl on, with pages and pictures of our own: `python -m gemhier.crawler.replica`.

One has the structure of gempundit's pages, the other is built quite differently and comes with a site file.
"""
