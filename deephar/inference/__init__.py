"""From pictures and videos to poses, actions and something to look at."""
