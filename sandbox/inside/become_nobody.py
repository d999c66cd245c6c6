"""Gives root up for the user id of the first argument, then becomes the program of the others."""

import os
import sys

user = int(sys.argv[1])
os.chdir("/")
os.setgroups([])
os.setgid(user)
os.setuid(user)
os.execv(sys.argv[2], sys.argv[2:])
