#!/usr/bin/env python3
"""Runs a program with some of its descriptors on a terminal.

usage: pty_run.py DESCRIPTORS COMMAND...     e.g. pty_run.py 02 simsift filter

What the terminal was shown goes to standard output, line ends as the program
wrote them; the other descriptors stay what they are, but for standard output,
which then goes to standard error's place.  Exits with the program's status.
"""
import os
import sys
import termios

which, command = sys.argv[1], sys.argv[2:]
master, slave = os.openpty()
mode = termios.tcgetattr(slave)
mode[1] &= ~termios.OPOST
mode[3] &= ~termios.ECHO
termios.tcsetattr(slave, termios.TCSANOW, mode)
pid = os.fork()
if pid == 0:
    os.setsid()
    if "1" not in which:
        os.dup2(2, 1)
    for c in which:
        os.dup2(slave, int(c))
    os.closerange(3, 64)
    os.execvp(command[0], command)
os.close(slave)
if "0" in which:
    os.write(master, b"From: a@b.example\n\nTyped.\n\x04")
while True:
    try:
        got = os.read(master, 65536)
    except OSError:
        break
    if not got:
        break
    sys.stdout.buffer.write(got)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
