# ~/.dovecot.sieve: promotion is cut out, and what is nothing else is filed.
require ["vnd.dovecot.filter", "fileinto", "mailbox"];

# Each redirect belongs above this line: what is sent on is then the original,
# whose DKIM signature holds.  If simsift fails, this is false and the original
# is kept.
filter "simsift" ["filter"];

# In a pipe nothing disappears: simsift marks, and the script files.
if header :contains "X-Simsift" "action=hold" {
  fileinto :create "Quarantine";
  stop;
}
