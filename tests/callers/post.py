"""Gives the message on standard input to a server, byte for byte.

usage: post.py lmtp|smtp PORT SENDER RECIPIENT...

Line ends become CRLF and dots are stuffed, as the protocol wants; all else goes
as it is.  Exits 0 if each recipient was accepted, 75 if it is worth another try
(4xx, or the server hung up), 69 if it was refused for good.
"""
import re
import socket
import sys

kind, port, sender, rcpt = sys.argv[1], int(sys.argv[2]), sys.argv[3], \
    sys.argv[4:]
data = re.sub(rb"\r?\n", b"\r\n", sys.stdin.buffer.read())
if not data.endswith(b"\r\n"):
    data += b"\r\n"
data = re.sub(rb"(?m)^\.", b"..", data) + b".\r\n"
worst = 0


def answer():
    """The code; 421 where the server is gone."""
    global worst
    line = "-"
    while line[3:4] in ("-", ""):
        line = lines.readline().decode(errors="replace") or "421 gone"
    print(line.strip())
    worst = max(worst, int(line[:3]))
    return int(line[:3])


def say(words):
    s.sendall(words.encode() + b"\r\n")
    return answer()


try:
    s = socket.create_connection(("127.0.0.1", port), 60)
    lines = s.makefile("rb")
    answer()
    say(("LHLO" if kind == "lmtp" else "EHLO") + " news.example")
    say("MAIL FROM:<%s>" % sender)
    for r in rcpt:
        say("RCPT TO:<%s>" % r)
    if say("DATA") == 354:
        s.sendall(data)
        for _ in rcpt if kind == "lmtp" else rcpt[:1]:
            answer()
        say("QUIT")
except OSError as e:
    print(e)
    worst = max(worst, 421)
sys.exit(0 if worst < 400 else 75 if worst < 500 else 69)
