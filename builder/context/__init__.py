"""What is sent to a host: a folder without what .dockerignore leaves out, and only what changed since last time.

ignore   Docker's rules for what is left out
scan     a folder becomes a manifest of files, links and folders
upload   one stream of what the host does not have yet
"""
