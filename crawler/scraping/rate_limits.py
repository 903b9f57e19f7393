"""How fast a shop is asked, and when to leave it alone. No command-line option changes this."""

from dataclasses import dataclass

ROBOTS_NAME = "gemhier"
"""What robots.txt files call this crawler."""

JITTER = 0.5
"""A pause between requests is longer or shorter by up to this part of it, at random."""

PURPOSE = "collects photographs of gems to train a classifier"


@dataclass(frozen=True, kw_only=True)
class RateLimits:
    """Times in seconds.

    Attributes:
        delay: between two requests on average, at least; each is drawn at random, from half to one and a half times
            as long.
        first_delay: between the first requests, before the shop has shown how fast it answers.
        longest_delay: between two requests, however slowly the shop answers.
        at_a_time: requests under way at the same time, at most.
        timeout: without an answer, a request has failed.
        retries: how often what failed is asked for again.
        backoff: before the first retry; each further one waits twice as long.
        refusals: so many in a row, and the shop has blocked us.
        longest_wait: a shop that asks for more patience than this has blocked us for now.
        silences: so many requests in a row without an answer, and the shop cannot be reached.
        parse_failures: so many product pages in a row that do not fit, and the shop has changed them, or shows
            something else to whom it has blocked.
    """

    delay: float = 1.0
    first_delay: float = 3.0
    longest_delay: float = 60.0
    at_a_time: int = 2
    timeout: float = 60.0
    retries: int = 3
    backoff: float = 5.0
    refusals: int = 8
    longest_wait: float = 3600.0
    silences: int = 12
    parse_failures: int = 20

    @property
    def is_polite(self) -> bool:
        """Whether it may be used for anybody's server; any other is for servers on this machine."""
        usual = RateLimits()
        slow = all(getattr(self, name) >= getattr(usual, name) for name in ("delay", "first_delay", "backoff"))
        limits = ("at_a_time", "retries", "refusals", "silences", "parse_failures")
        return slow and all(getattr(self, name) <= getattr(usual, name) for name in limits)


def user_agent(program: str, contact: str | None) -> str:
    """Introduce the crawler: what it is, and whom a shop may write to.

    Args:
        program: name and version, as in "gemhier/0.1.0".
        contact: a mail or web address; None if the user gives none.
    """
    return f"{program} ({PURPOSE}; contact: {contact})" if contact else f"{program} ({PURPOSE})"
