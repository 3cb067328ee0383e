"""Runs a program as on a kernel without Landlock or seccomp: those calls give
ENOSYS.

usage: without.py landlock|seccomp [--user N] COMMAND...

--user: as that user, who has no rights but his own.
"""
import ctypes, os, platform, struct, sys
SECCOMP = {"x86_64": 317, "aarch64": 277}[platform.machine()]
numbers = {"landlock": (444, 445, 446), "seccomp": (SECCOMP,)}[sys.argv[1]]
libc = ctypes.CDLL(None, use_errno=True)
code = struct.pack("HBBI", 0x20, 0, 0, 0)
for n in numbers:
    code += struct.pack("HBBI", 0x15, 0, 1, n)
    code += struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | 38)
code += struct.pack("HBBI", 0x06, 0, 0, 0x7fff0000)
buf = ctypes.create_string_buffer(code)
prog = ctypes.create_string_buffer(
    struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buf)))
command, user = sys.argv[2:], None
if command[0] == "--user":
    user, command = int(command[1]), command[2:]
# Who may do it without does, so that the program does what is its to do.
if os.geteuid() != 0:
    libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, prog) != 0:
    sys.exit("prctl: %s" % os.strerror(ctypes.get_errno()))
if user is not None:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
os.execv(command[0], command)
