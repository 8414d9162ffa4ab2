#!/bin/sh
# Puts the data of a moment into an empty data folder, ready to be started:
#   restore.sh /srv/backup '2026-03-02 09:30:00+08:00' /var/lib/postgresql/15/restored
#   restore.sh /srv/backup latest /var/lib/postgresql/15/restored      (everything that the archive has)
# Run as the account that PostgreSQL runs as. The server reads the archive when it starts, and refuses to start when the
# archive does not reach the moment.
set -eu
dir=$1 moment=$2 target=$3
if [ -d "$target" ] && [ -n "$(ls -A "$target")" ]; then
  echo "$target: 目录不为空 · is not empty" >&2
  exit 1
fi
limit=99999999T999999Z
[ "$moment" = latest ] || limit=$(date -u -d "$moment" +%Y%m%dT%H%M%SZ)
base=$(cd "$dir/base" && ls -d -- *Z | sort | while read -r name; do
  if expr "$name" '<' "$limit" >/dev/null; then echo "$name"; fi
done | tail -n 1)
if [ -z "$base" ]; then
  echo "$dir/base: 没有该时刻之前的备份 · no backup from before that moment" >&2
  exit 1
fi
pg_verifybackup --quiet "$dir/base/$base"
mkdir -p "$target"
cp -a "$dir/base/$base/." "$target"
chmod 700 "$target"
{
  echo "restore_command = 'cp \"$dir/wal/%f\" \"%p\"'"
  echo "recovery_target_action = 'promote'"
  [ "$moment" = latest ] || echo "recovery_target_time = '$(date -u -d "$moment" '+%Y-%m-%d %H:%M:%S.%N+00')'"
} >>"$target/postgresql.auto.conf"
touch "$target/recovery.signal"
echo "使用的备份 · from the base backup: $base"
