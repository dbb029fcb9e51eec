#!/usr/bin/python3
#
# export.py URL TOKEN TABLE COLUMN=PATH...
#	What people do without the extension: fetch telemetry page by page with
#	requests, and COPY it into a table.  PATH leads to the value in a message,
#	its steps separated by dots, a number being an element of a list.

import io
import sys
from urllib.parse import parse_qs, urlsplit

import psycopg2
import requests

url, token, table, *columns = sys.argv[1:]
names = [c.split("=")[0] for c in columns]
paths = [c.split("=")[1].split(".") for c in columns]


def value(message, path):
	for step in path:
		if message is None:
			return "\\N"
		if step.isdigit():
			message = message[int(step)] if len(message) > int(step) else None
		else:
			message = message.get(step)
	return "\\N" if message is None else str(message)


session = requests.Session()
session.trust_env = False
session.headers.update({
	"Authorization": "Bearer " + token,
	"x-introspect-realm": "clientsB2CPeugeot",
	"Accept": "application/hal+json",
})
database = psycopg2.connect("")
cursor = database.cursor()
page_token = {}
rows = 0
while True:
	answer = session.get(url, params=page_token)
	answer.raise_for_status()
	page = answer.json()
	buffer = io.StringIO()
	for message in page["_embedded"]["telemetries"]:
		buffer.write("\t".join(value(message, p) for p in paths) + "\n")
		rows += 1
	buffer.seek(0)
	cursor.copy_expert(f"COPY {table} ({', '.join(names)}) FROM STDIN", buffer)
	following = page["_links"].get("next")
	if following is None:
		break
	page_token = {"pageToken": parse_qs(urlsplit(following["href"]).query)["pageToken"][0]}
database.commit()
print(f"rows={rows}")
