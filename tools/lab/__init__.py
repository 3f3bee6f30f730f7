"""The lab: a small cluster of vipd nodes in network namespaces, and what measures it."""
