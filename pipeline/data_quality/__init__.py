"""What an audit looks at: pictures and their copies, lists of links, suspected labels, and the page."""
