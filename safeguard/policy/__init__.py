"""What to do about a verdict for this child now: profiles, and the decision they make."""

from safeguard.policy.decide import Policy
from safeguard.policy.hours import Hours, closed_until
from safeguard.policy.profile import DEFAULT_PROFILE, FailMode, Mode, Profile, load_profiles

__all__ = ["DEFAULT_PROFILE", "FailMode", "Hours", "Mode", "Policy", "Profile", "closed_until", "load_profiles"]
