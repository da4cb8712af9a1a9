"""The networks, one file each, and what is done to a built one."""
