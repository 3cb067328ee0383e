-- ~/.imapfilter/config.lua: files promotion that is on an IMAP server already.
-- It changes no message: what is cut would have to be stored as a new one and
-- the old one deleted, and a lost connection in between would lose mail.
options.create = true
local account = IMAP { server = 'imap.example', username = 'me', ssl = 'auto' }

-- 0 is promotion, 1 clean, anything else trouble.  Without what stands behind
-- ||, pipe_to takes a program that was killed for 0, and one that is missing
-- ends imapfilter by SIGPIPE.
local check = 'timeout 30 /usr/local/bin/simsift check' ..
  ' || { s=$?; cat >/dev/null; exit $s; }'

-- Each message is looked at once, and stays unread.
local messages = account.INBOX:has_unkeyword('simsift')
for _, message in ipairs(messages) do
  local box, uid = table.unpack(message)
  local text = box[uid]:fetch_message()
  local status = text and pipe_to(check, text)
  if status == 0 or status == 1 then
    Set { message }:add_flags({ 'simsift' })
  end
  if status == 0 then
    Set { message }:move_messages(account.Quarantine)
  end
end
