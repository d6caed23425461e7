#!/usr/bin/env bash
# nchan 1.3.6 on nginx 1.22.1 (Debian 12): a message's id is the second in which it was published and a counter within
# that second. A restart of nginx begins the counter again. A message that is published after the restart, in the second
# of one from before it, gets that one's id: a subscriber that resumes with the id is taken to have it, and never gets it.
#
# Expected: ids that are not given twice, or the message once more rather than never.
# Seen: "before" and "after" both have the id SECOND:0; resumed after it, the channel is empty.
#
# Needs apt-get's package lists. Tries again until both messages fall into one second. Exits 1 when nchan behaves
# otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq nginx=1.22.1-9+deb12u11 libnginx-mod-nchan=1:1.3.6+dfsg-2 2> /dev/null
for package in *.deb; do dpkg-deb --extract "$package" unpacked; done
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > nginx.conf <<CONF
load_module $folder/unpacked/usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
pid $folder/pid;
error_log stderr;
events {}
http {
  client_body_temp_path $folder/body; proxy_temp_path $folder/proxy; fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi; scgi_temp_path $folder/scgi;
  access_log off;
  server {
    listen 127.0.0.1:$port;
    location /subscribe { nchan_subscriber eventsource; nchan_channel_id news; nchan_subscriber_first_message oldest; }
    location /publish { nchan_publisher; nchan_channel_id news; }
  }
}
CONF
start() {
  unpacked/usr/sbin/nginx -e stderr -c "$folder/nginx.conf" 2> log &
  server=$!
  until curl --silent --output /dev/null "http://127.0.0.1:$port/"; do sleep 0.02; done
}
stop() { kill "$server"; wait "$server" || true; server=; }
publish() { curl --silent --output /dev/null --data "$1" "http://127.0.0.1:$port/publish"; }
subscribe() {
  curl --silent --max-time "$1" -H "Accept: text/event-stream" "${@:2}" "http://127.0.0.1:$port/subscribe" || true
}
id_of() { grep '^id:' | tail -n 1 | cut -d ' ' -f 2; }

for _ in $(seq 30); do
  sleep "$(python3 -c 'import time; print(1 - time.time() % 1)')" # to the beginning of a second
  start
  publish before
  before=$(subscribe 0.2 | id_of)
  stop
  start
  publish after
  all=$(subscribe 0.2)
  resumed=$(subscribe 0.5 -H "Last-Event-ID: $before")
  stop
  after=$(id_of <<< "$all")
  echo "before the restart: $before, after it: $after"
  [ "${before%:*}" = "${after%:*}" ] && break
done
printf 'without an id:\n%s\n\nafter %s:\n%s\n' "$all" "$before" "$resumed"
[ "$before" = "$after" ] && grep -q '^data: after' <<< "$all" && ! grep -q '^data: after' <<< "$resumed" || {
  echo "behaviour has changed" >&2
  exit 1
}
