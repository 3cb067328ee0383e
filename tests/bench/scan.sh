#!/bin/sh
# scan.sh SIMSIFT FILTERS MBOX: how fast a dry run is, and beside what.
#
# In turns, three times each: one worker, two workers, rg with 50 words, and
# bogofilter where it is there.  Given are the best wall-clock time, MB/s and
# messages/s of it, the processor time and the largest process.
set -eu
simsift=$1 filters=$2 box=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

cat >"$tmp/run.py" <<'END'
import os, resource, subprocess, sys, time

simsift, filters, box, tmp = sys.argv[1:5]
size = os.path.getsize(box) / 1e6
count = sum(line.startswith(b"From ") for line in open(box, "rb"))
words = os.path.join(tmp, "words")
with open(words, "w") as f:
    f.write("\n".join(
        "esim sim-card telegram whatsapp roaming unlock carrier prepaid topup "
        "reseller wholesale voucher referral cashback invite activation "
        "virtual-number sms-code otp burner anonymous registration passport "
        "KYC dealer supplier bulk discount promo coupon giveaway airdrop "
        "hotspot unlimited gigabyte traveller tourist arrival airport kiosk "
        "iccid imsi msisdn apn hlr operator mvno t.me wa.me bit.ly".split()))


def has(program):
    return subprocess.run(["which", program],
                          stdout=subprocess.DEVNULL).returncode == 0


ways = [("%d worker%s" % (j, "s" * (j > 1)),
         [simsift, "scan", "--json", "-C", filters, "-j", str(j), box])
        for j in (1, 2)]
if has("rg"):
    ways.append(("rg, 50 words", ["rg", "-a", "-i", "-j", "1", "-c", "-F",
                                  "-f", words, box]))
if has("bogofilter"):
    ways.append(("bogofilter", ["bogofilter", "-d", tmp, "-M", "-T", "-I",
                                box]))
    with open(os.path.join(tmp, "seed"), "w") as f:
        f.write("Subject: a\n\nword\n")
    for how in ("-s", "-n"):
        subprocess.run(["bogofilter", "-d", tmp, how, "-I",
                        os.path.join(tmp, "seed")])
best = {}
for turn in range(3):
    for name, command in ways:
        t = time.monotonic()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, _, use = os.wait4(pid, 0)
        t = time.monotonic() - t
        cpu = use.ru_utime + use.ru_stime
        old = best.get(name, (1e9, 1e9, 0))
        best[name] = (min(t, old[0]), min(cpu, old[1]),
                      max(use.ru_maxrss / 1024, old[2]))
print("%s: %.0f MB, %d messages" % (os.path.basename(box), size, count))
print("%-14s %8s %7s %11s %8s %10s %6s" % (
    "", "seconds", "MB/s", "messages/s", "cpu s", "MB/cpu s", "RSS"))
for name, (t, cpu, rss) in best.items():
    print("%-14s %8.2f %7.1f %11.0f %8.2f %10.1f %6.0f" % (
        name, t, size / t, count / t, cpu, size / cpu, rss))
END
python3 "$tmp/run.py" "$simsift" "$filters" "$box" "$tmp"
