#!/usr/bin/env bash
# What many idle mailboxes cost: a Dovecot on the loopback, a server that listens to so many mailboxes of it (IDLE),
# and what its process uses in a minute in which nothing comes. Ends by itself.
# Usage: tests/idle_mailboxes.sh PATH_TO_KULANZ [MAILBOXES] [SECONDS]
set -euo pipefail
kulanz=$(realpath "$1")
count=${2:-50}
seconds=${3:-60}
folder=$(mktemp -d)
chmod 755 "$folder"
port=$((20000 + RANDOM % 10000))
http=$((port + 1))
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
mkdir "$folder/mail"
account=$(id -u)
settings="default_login_user = $(id -un)
default_internal_user = $(id -un)
default_internal_group = $(id -gn)"
if [ "$account" = 0 ]; then
    account=65534
    chown "$account:$account" "$folder/mail"
    settings="default_login_user = dovenull
default_internal_user = dovecot
default_internal_group = dovecot"
fi
cat >"$folder/dovecot.conf" <<CONF
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/log
protocols = imap
$settings
mail_location = maildir:$folder/mail/%u
ssl = no
disable_plaintext_auth = no
passdb {
  driver = static
  args = password=right-horse
}
userdb {
  driver = static
  args = uid=$account gid=$account home=$folder/mail/%u allow_all_users=yes
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = $port
  }
  inet_listener imaps {
    port = 0
  }
}
CONF
dovecot -F -c "$folder/dovecot.conf" >"$folder/dovecot.out" 2>&1 &
{
    printf '[desk]\nredaction_required = false\n[mail.sender]\nlook_up = false\n'
    printf '[mail.imap]\nhost = "127.0.0.1"\nport = %s\ntls = "none"\n' "$port"
    for n in $(seq "$count"); do
        printf '[mail.imap.box%s]\nuser = "box%s@shop.example"\npassword_file = "%s/password"\n' "$n" "$n" "$folder"
    done
} >"$folder/kulanz.toml"
printf 'right-horse' >"$folder/password"
chmod 600 "$folder/password"
KULANZ_SERVER__LISTEN="127.0.0.1:$http" "$kulanz" --config "$folder/kulanz.toml" --data-dir "$folder/data" --log error \
    serve >"$folder/out" 2>&1 &
server=$!
open() { curl -fsS "http://127.0.0.1:$http/metrics" 2>/dev/null | awk '/^kulanz_mailbox_open/ { sum += $2 } END { print sum + 0 }'; }
for _ in $(seq 300); do
    [ "$(open)" = "$count" ] && break
    sleep 0.1
done
if [ "$(open)" != "$count" ]; then
    echo "only $(open) of $count mailboxes are open:" && tail -5 "$folder/out" "$folder/log" && exit 1
fi
sleep 3
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
before=$(ticks)
sleep "$seconds"
used=$(( ($(ticks) - before) * 1000 / $(getconf CLK_TCK) ))
memory=$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$server/status")
echo "$count mailboxes idle for $seconds s: $used ms processor time, $memory MB resident"
