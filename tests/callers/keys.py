"""Runs a program on a terminal and types when it is ready.

usage: keys.py SCREEN TEXT KEYS [TEXT KEYS]... -- COMMAND...

TEXT is waited for, on the terminal or, where it begins with /, as a file that is
not empty; then KEYS are typed, and again each three seconds until the next TEXT is
there, since a program that is still busy loses them.  After the last keys it must
end.  What the terminal was shown goes to SCREEN.  Status 1: it waited in vain.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

at = sys.argv.index("--")
screen, steps, command = sys.argv[1], sys.argv[2:at], sys.argv[at + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
shown, new = b"", b""


def is_there(text):
    if text.startswith("/"):
        return os.path.exists(text) and os.path.getsize(text) > 0
    return text.encode() in new


def look(text, again):
    """Reads until that is there, or the end; types `again` meanwhile."""
    global shown, new
    start = typed = time.monotonic()
    while time.monotonic() < start + 30:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                got = os.read(fd, 65536)
            except OSError:
                return text is None
            shown += got
            new += got
        elif text is not None and is_there(text):
            return True
        elif again and time.monotonic() > typed + 3:
            typed = time.monotonic()
            os.write(fd, again)
    print("# in vain: %s" % text)
    return False


keys, good = b"", True
while steps and good:
    text, typing, *steps = steps
    good = look(text, keys)
    new, keys = b"", typing.encode()
    os.write(fd, keys)
good = good and look(None, keys)
with open(screen, "wb") as f:
    f.write(shown)
os.close(fd)
os.waitpid(pid, 0)
sys.exit(not good)
