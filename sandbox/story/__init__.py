"""The demo's parts: who tells, who asks the shop, what differs between hosts, and the acts."""
