"""How fast a shop is asked, and when to leave it alone. No option of the command line changes it."""

from dataclasses import dataclass

ROBOTS_NAME = "gemhier"
"""What robots.txt files call this crawler."""

PURPOSE = "collects photographs of gems to train a classifier"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times in seconds.

    Attributes:
        delay: between two requests, at least; each is up to half as long or longer, at random.
        first_delay: between the first requests, before the shop has shown how fast it answers.
        longest_delay: between two requests, however slowly the shop answers.
        at_a_time: requests under way at the same time, at most.
        timeout: without an answer, a request has failed.
        retries: how often what failed is asked for again.
        backoff: before the first retry; each further one waits twice as long.
        refusals: so many in a row, and the shop has blocked us.
        longest_wait: a shop that asks for more patience than this has blocked us for now.
        silences: so many requests in a row without an answer, and the shop cannot be reached.
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

    @property
    def is_polite(self) -> bool:
        """Whether it may be used for anybody's server; any other is for servers on this machine."""
        usual = Pace()
        return self.delay >= usual.delay and self.at_a_time <= usual.at_a_time and self.backoff >= usual.backoff


def user_agent(program: str, contact: str | None) -> str:
    """How the crawler introduces itself: what it is, and whom a shop may write to.

    Args:
        program: name and version, as in "gemhier/0.1.0".
        contact: an address of mail or of the web; None if the user gives none.
    """
    return f"{program} ({PURPOSE}; contact: {contact})" if contact else f"{program} ({PURPOSE})"
