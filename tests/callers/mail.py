"""Messages for the tests with callers: mail.py FOLDER

clean, cut (and cut.want, what is left of it), held, large (judged, and larger
than the memory that a test allows), above (more than 64 MiB), crlf (and crlf.want), from (with the envelope's
line that an mbox has); in nasty/ fifteen that a careless caller changes.
"""
import os
import sys

folder = sys.argv[1]
os.makedirs(os.path.join(folder, "nasty"), exist_ok=True)


def put(name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def post(name, body):
    return (b"From: ann@news.example\nTo: me@here.example\n"
            b"Date: Mon, 2 Nov 2026 10:11:12 +0000\n"
            b"Message-ID: <%s@news.example>\nSubject: Moving\n\n%s" %
            (name.encode(), body))


TOKEN = b" [TG @shop88]"
TEXT = b"The office moves next week,\nask" + TOKEN + b" for the keys.\n"
put("clean", post("clean", TEXT.replace(TOKEN, b" the porter")))
put("held", post("held", b"Whole sale of cards.\n"))
for name, body in (("cut", TEXT), ("large", TEXT +
                                   b"The office garden is open.\n" * 120000)):
    message = post(name, body)
    put(name, message)
    put(name + ".want", message.replace(TOKEN, b""))
with open(os.path.join(folder, "above"), "wb") as f:
    f.write(post("above", TEXT))
    f.truncate(67108900)
message = post("crlf", TEXT).replace(b"\n", b"\r\n")
put("crlf", message)
put("crlf.want", message.replace(TOKEN, b""))
FROM = b"From ann@news.example  Mon Nov  2 10:11:12 2026\n"
put("from", FROM + post("from", TEXT))
put("from.want", post("from", TEXT).replace(TOKEN, b""))

HEAD = b"From: a@news.example\nSubject: nasty\n"
NASTY = {
    "nul": HEAD + b"\nwith \0 a NUL\n",
    "no-end": HEAD + b"\nno line end",
    "header-only": HEAD,
    "empty-body": HEAD + b"\n",
    "from-in-body": HEAD + b"\nFirst.\n\nFrom here on\n\n"
                    b"From a@b Mon Nov  2 10:11:12 2026\n",
    "long-line": HEAD + b"\n" + b"x" * 1048576 + b"\n",
    "header-8bit": b"Subject: \xc3\xa4 \xff\xfe\nFrom: a@news.example\n\nb\n",
    "body-8bit": HEAD + b"\n8 bit \x80\xff\n",
    "mime-open": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
                 b"--b\n\nopen\n",
    "bare-cr": HEAD + b"\nbare\rCR\r\r\n",
    "mixed-ends": HEAD + b"\nmixed\r\nends\n\r\n",
    "empty-lines": HEAD + b"\n\n\nat both ends\n\n\n\n",
    "dots": HEAD + b"\n.\n..\nQUIT\n",
    "long-field": HEAD + b"References:" + b"".join(
        b" <%0400d@b>\n" % i for i in range(9)) + b"\nb\n",
    "blanks": HEAD + b"X-Folded: a \n\tb \nX-Empty:\n\n  blanks \t\n",
}
for name, message in NASTY.items():
    put("nasty/" + name, message)
