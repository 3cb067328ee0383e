#!/usr/bin/env python3
"""Puts a message into a vault, as simsift-vault(7) says its files look, with
any age: vault_put.py DIR [NAME=VALUE...] < message; prints the id.

NAME: age (seconds), action, and the fields in small letters; rule=… may be
given several times: "NAME SCORE FILE:LINE "text"".  many=N stores N messages
that differ in a last line, each a second older."""
import hashlib
import os
import sys
import time


def put(vault, message, age=0, action="hold", rules=(), **field):
    for sub in "", "tmp", "new", "cur":
        os.makedirs(os.path.join(vault, sub), 0o700, exist_ok=True)
    eol = b"\r\n" if message.split(b"\n")[0].endswith(b"\r") else b"\n"
    digest = hashlib.sha256(message).hexdigest()
    then = int(time.time()) - int(age)
    have = {"id": digest[:16], "time": time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(then)), "verdict": "promo",
        "action": action, "category": "promo.wholesale", "score": "8.2/5.0"}
    have.update(field)
    lines = [f"X-Simsift-Vault-{k.capitalize()}: {v}"
             for k, v in have.items() if v]
    if rules:
        lines.append("X-Simsift-Vault-Rules:")
        lines += [" " + r for r in rules]
    lines += [f"X-Simsift-Vault-Sha256: {digest}",
              f"X-Simsift-Vault-Length: {len(message)}"]
    name = f"{then}.{digest}.{digest[:16]}.{action}"
    path = os.path.join(vault, "new", name)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as f:
        for line in lines:
            f.write(line.encode() + eol)
        f.write(message)
    return digest


if __name__ == "__main__":
    fields, found = {}, []
    for arg in sys.argv[2:]:
        key, value = arg.split("=", 1)
        if key == "rule":
            found.append(value)
        else:
            fields[key] = value
    message = sys.stdin.buffer.read()
    many = int(fields.pop("many", 1))
    age = int(fields.pop("age", 0))
    for n in range(many):
        last = b"%d\n" % n if many > 1 else b""
        print(put(sys.argv[1], message + last, age + n, rules=found, **fields))
