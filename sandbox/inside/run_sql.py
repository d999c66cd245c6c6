"""
Runs SQL statements given as arguments, with whichever driver the host has; prints the first
column of the last one.
"""

import os
import sys

try:
    import psycopg as driver
except ImportError:
    import psycopg2 as driver

# Drivers know "postgresql"; Django's addresses may say "postgres" or "postgis".
url = "postgresql://" + os.environ["DATABASE_URL"].split("://", 1)[1]
connection = driver.connect(url)
connection.autocommit = True
cursor = connection.cursor()
for statement in sys.argv[1:]:
    cursor.execute(statement)
if cursor.description:
    for row in cursor.fetchall():
        print(row[0])
